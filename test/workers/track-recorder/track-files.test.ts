import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import type { RecordedTrack } from '../../../src/component/recording/track-recorder-message.ts';
import { BatchTimer } from '../../../workers/track-recorder/batch-timer.ts';
import { ReportFile } from '../../../workers/track-recorder/report-file.ts';
import { TrackFiles } from '../../../workers/track-recorder/track-files.ts';
import { opusFormat, type TrackFormat } from '../../../workers/track-recorder/track-format.ts';
import { packetTimes } from '../../recorded-media.ts';

const startedAt = 1_700_000_000_000;
const track: RecordedTrack = {
  ...{ trackId: 'track', kind: 'audio', origin: 'peer', metadata: { displayName: 'Ann' }, offset: 12.5 },
};
/** One frame of 20 ms of silence (RFC 6716 section 3.1). */
const data = Buffer.alloc(50, 0xfc);
/** Audio of another coder, as far as the files are concerned. */
const other: TrackFormat = { ...opusFormat, key: 'other' };

async function open(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-track-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const failures: Error[] = [];
  const report = await ReportFile.open(folder, 'room');
  const onFailure = (error: Error) => failures.push(error);
  const batchTimer = new BatchTimer(systemClock);
  const files = new TrackFiles({ track, folder, report, startedAt, joinedAt: startedAt + 50, batchTimer, onFailure });
  t.teardown(() => files.close(startedAt + 200));
  const add = (time: number, format?: TrackFormat) =>
    files.add({ data, key: true, timestamp: Math.round(time * 48), time: startedAt + time, ...(format && { format }) });
  /** What is on disk and in the report, in order of time. */
  const result = async () => {
    await files.close(startedAt + 200);
    await report.save();
    const tracks = Object.entries((await readReport(folder))?.tracks ?? {});
    const found = tracks.map(async ([name, file]) => ({ name, file, times: await packetTimes(join(folder, name)) }));
    return (await Promise.all(found)).sort((a, b) => a.file.start_timestamp - b.file.start_timestamp);
  };
  return { folder, files, failures, add, result };
}

t.test('nothing is written before the format is known', async (t) => {
  const { folder, add, files } = await open(t);
  add(0);
  add(20);
  await files.sync();
  await files.close(startedAt + 200);
  t.same(await readdir(folder), []);
});

t.test('times are on the clock of the recording and never go back', async (t) => {
  const { add, files, result, failures } = await open(t);
  add(100.4, opusFormat);
  add(120);
  add(110);
  add(140, opusFormat);
  files.reported();
  files.reported();
  const [only, ...more] = await result();
  t.same(more, [], 'one file');
  t.same(only?.times, [0.1, 0.12, 0.121, 0.14]);
  t.match(only?.name, /^[0-9a-f-]{36}\.mkv$/);
  t.match(only?.file, {
    ...{ type: 'audio', encoding: 'OPUS', clock_rate: 48_000, offset: 12_500_000, origin: 'peer' },
    ...{ metadata: track.metadata, start_timestamp_wallclock: Math.round((startedAt + 100.4) * 1e6) },
    end_timestamp: 140 * 48,
    joined: 50_000_000,
    left: 200_000_000,
  });
  t.same(failures, []);
});

t.test('each format gets a file', async (t) => {
  const { add, result, failures } = await open(t);
  add(0, opusFormat);
  add(20);
  add(40, other);
  add(60, other);
  add(80, opusFormat);
  const files = await result();
  t.same(
    files.map(({ times }) => times),
    [[0, 0.02], [0.04, 0.06], [0.08]],
  );
  t.same(
    files.map(({ file }) => file.offset),
    [12_500_000, 52_500_000, 92_500_000],
    'each lies where it begins',
  );
  t.same(
    files.map(({ file: { joined, left } }) => [joined, left]),
    [
      [50e6, 40e6],
      [40e6, 80e6],
      [80e6, 200e6],
    ],
    'and lasts until the next one, or the end of the track',
  );
  t.same(failures, []);
});

t.test('a missing folder fails the recording', async (t) => {
  const { folder, add, files, failures } = await open(t);
  await rm(folder, { recursive: true });
  add(0, opusFormat);
  await files.close(startedAt + 200);
  t.match(failures, [{ code: 'ENOENT' }], 'is told of once');
});
