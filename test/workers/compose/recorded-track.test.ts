import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readTracks } from '../../../workers/compose/recorded-track.ts';
import { ffmpeg } from '../../media/scripts.ts';

t.test('what goes on in another file keeps its place and leaves no hole', async (t) => {
  const folder = t.testdir();
  const file = async (name: string, begin: number, origin: string, size: string) => {
    const source = ['-f', 'lavfi', '-i', `color=red:s=${size}:r=10`, '-t', '1', '-c:v', 'libx264'];
    await ffmpeg([...source, '-output_ts_offset', String(begin), join(folder, name)]);
    const times = { offset: 0, start_timestamp: 0, end_timestamp: 0, clock_rate: 90_000 };
    return [name, { type: 'video', encoding: 'H264', ...times, metadata: null, origin }];
  };
  const files = await Promise.all([
    file('large.mkv', 1, 'peer', '64x48'),
    file('other.mkv', 1.1, 'other', '64x48'),
    file('small.mkv', 2.2, 'peer', '32x24'),
    file('again.mkv', 5, 'peer', '64x48'),
  ]);
  await writeFile(
    join(folder, 'report.json'),
    JSON.stringify({ recording_id: 'room', tracks: Object.fromEntries(files) }),
  );
  const tracks = await readTracks(folder);
  t.match(tracks, [
    { path: /large/, order: 0 },
    { path: /other/, order: 1 },
    { path: /small/, order: 0 },
    { path: /again/, order: 3 },
  ]);
  t.equal(tracks[0]?.end, tracks[2]?.start);
  t.ok((tracks[2]?.end ?? 0) < 3.4, 'its end is another');
});
