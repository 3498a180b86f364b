import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readTrackFiles } from '../../../workers/compose/track-file.ts';
import { ffmpegOutput } from '../../command-output.ts';

t.test('a track that continues in another file keeps its place without a gap', async (t) => {
  const folder = t.testdir();
  const file = async (name: string, begin: number, origin: string, size: string, more = {}) => {
    const source = ['-f', 'lavfi', '-i', `color=red:s=${size}:r=10`, '-t', '1', '-c:v', 'libx264'];
    await ffmpegOutput([...source, '-output_ts_offset', String(begin), join(folder, name)]);
    const times = { offset: 0, start_timestamp: 0, end_timestamp: 0, clock_rate: 90_000 };
    return [name, { ...more, type: 'video', encoding: 'H264', ...times, metadata: null, origin }];
  };
  const files = await Promise.all([
    file('large.mkv', 1, 'peer', '64x48'),
    file('other.mkv', 1.1, 'other', '64x48'),
    file('small.mkv', 2.2, 'peer', '32x24'),
    file('again.mkv', 5, 'peer', '64x48'),
    file('killed.mkv', 7, 'third', '64x48', { joined: 6.5e9 }),
    file('after.mkv', 11, 'third', '64x48', { joined: 10.5e9, left: 25e9 }),
  ]);
  await writeFile(
    join(folder, 'report.json'),
    JSON.stringify({ recording_id: 'room', tracks: Object.fromEntries(files) }),
  );
  const tracks = await readTrackFiles(folder);
  t.match(tracks, [
    { path: /large/, order: 0 },
    { path: /other/, order: 1 },
    { path: /small/, order: 0 },
    { path: /again/, order: 3 },
  ]);
  t.match(tracks[4], { path: /killed/, start: 6.5, firstPacket: 7, end: 11 });
  t.match(tracks[5], { path: /after/, start: 11, firstPacket: 11, end: 25, order: 4 }, 'after a worker that died');
  t.same(
    tracks[5]?.silences.map(({ start, end }) => [Math.round(start), end]),
    [[22, 25]],
    'nothing comes any more',
  );
  t.equal(tracks[0]?.end, tracks[2]?.start);
  t.ok((tracks[2]?.end ?? 0) < 3.4, 'its end is another');
});
