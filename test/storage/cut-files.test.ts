// Whatever a loss of power leaves of a file, up to which byte it may be: the rest of it can be read, and is told the truth about.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import {
  type RecordedFile,
  readReport,
  reportName,
  writeReport,
} from '../../src/component/recording/recording-report.ts';
import { repairTracks } from '../../src/component/recording/track-repair.ts';
import { accessUnits } from '../../src/media/rtp/access-units.ts';
import { avcFormat, toAvcSample } from '../../src/media/rtp/avc-format.ts';
import { completeMp4 } from '../../src/output/complete-mp4.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { manifestName, writeManifest } from '../../src/storage/media-manifest.ts';
import { MatroskaFile } from '../../workers/track-recorder/matroska-file.ts';
import { opusFormat } from '../../workers/track-recorder/track-format.ts';
import { programSource, write } from '../program/program-source.ts';
import { decodedTimes, h264Pattern } from '../recorded-media.ts';
import { manifestAt } from './media-on-disk.ts';

/** Cuts of one file: evenly spread, beside those at its beginning. */
const cuts = 5;
const start = 90_000;

async function emptyFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-cut-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function places(length: number): number[] {
  const spread = Array.from({ length: cuts }, (_, index) => Math.floor((length * (index + 1)) / (cuts + 1)));
  return [...new Set([0, 1, 40, ...spread, length - 1])].sort((a, b) => a - b);
}

/** Times of what can be decoded; of a file that ends in its head, nothing. */
const readable = (path: string) => decodedTimes(path).catch(() => []);

const described = (clockRate: number): RecordedFile => ({
  ...(clockRate === 48_000 ? { type: 'audio', encoding: 'OPUS' } : { type: 'video', encoding: 'H264' }),
  ...{ offset: 0, start_timestamp: start, end_timestamp: start, clock_rate: clockRate, metadata: null, origin: 'peer' },
});

async function video(path: string): Promise<void> {
  let file: MatroskaFile | undefined;
  let count = 0;
  async function* pattern() {
    yield await h264Pattern(60);
  }
  for await (const { nals, key } of accessUnits(pattern())) {
    const format = key ? avcFormat([...nals]) : undefined;
    if (!file && format) file = new MatroskaFile({ path, format, onFailure: t.fail });
    file?.add({ data: toAvcSample(nals), key, time: Math.round((count * 1000) / 30) });
    count += 1;
  }
  await file?.close();
}

async function sound(path: string): Promise<void> {
  const file = new MatroskaFile({ path, format: opusFormat, onFailure: t.fail });
  // one frame of 20 ms (RFC 6716 section 3.1)
  const data = Buffer.alloc(50, 0xfc);
  for (let time = 0; time < 2000; time += 20) file.add({ data, key: true, time });
  await file.close();
}

for (const [kind, make, clockRate] of [
  ['pictures', video, 90_000],
  ['sound', sound, 48_000],
] as const) {
  t.test(`tracks of ${kind} survive a cut`, async (t) => {
    const folder = await emptyFolder(t);
    const path = join(folder, 'a.mkv');
    await make(path);
    const whole = await readFile(path);
    const all = await decodedTimes(path);
    let before = 0;
    for (const length of places(whole.length)) {
      await writeFile(path, whole.subarray(0, length));
      await writeReport(folder, { recording_id: 'room', tracks: { 'a.mkv': described(clockRate) } });
      await repairTracks(folder);
      const { tracks } = (await readReport(folder)) ?? { tracks: undefined };
      if (length === 0) {
        t.equal(tracks, undefined, 'a report on nothing is none');
        continue;
      }
      const times = await readable(path);
      t.ok(times.length >= before, `${length} bytes: ${times.length} frames`);
      t.same(times, all.slice(0, times.length), 'those that were written');
      // all but what the cut has hit, and what is as small as the head of the file
      const least = Math.floor(((length - 2500) / whole.length) * all.length * 0.5);
      t.ok(times.length >= least, `${times.length} of at least ${least}`);
      const last = start + Math.round((times.at(-1) ?? 0) * clockRate);
      const told = tracks?.['a.mkv']?.end_timestamp ?? 0;
      t.ok(Math.abs(told - last) <= clockRate / 25, `${told} is told, ${last} is there`);
      before = times.length;
    }
    t.ok(before > all.length - 2, 'nearly all in the end');
  });
}

t.test('the composite survives a cut', async (t) => {
  const folder = await emptyFolder(t);
  const part = join(folder, 'room.mp4.part');
  const file = new ProgramFile({ folder, name: 'room', onFailure: t.fail });
  await write(await programSource({ seconds: 3 }), file);
  const whole = await readFile(part);
  const all = await decodedTimes(part);
  let before = 0;
  const inHead = whole.lastIndexOf('moof') + 20;
  for (const length of [...places(whole.length), inHead].sort((a, b) => a - b)) {
    await writeFile(part, whole.subarray(0, length));
    await completeMp4(folder, { logger: pino({ enabled: false }) });
    const times = await readable(join(folder, 'room.mp4'));
    t.ok(times.length >= before, `${length} bytes: ${times.length} frames`);
    const seconds = (length / whole.length) * 3;
    t.ok(Math.max(0, ...times) > seconds - 0.75, `${Math.max(0, ...times)} s of ${seconds}`);
    before = times.length;
    await rm(join(folder, 'room.mp4'), { force: true });
  }
  t.ok(before > all.length * 0.95);
});

t.test('reports and manifests are whole or absent', async (t) => {
  const folder = await emptyFolder(t);
  const report = { recording_id: 'room', tracks: { 'a.mkv': described(48_000) } };
  await writeReport(folder, report);
  const shared = { version: 2, kind: 'recording', state: 'recording', roomId: 'room' } as const;
  await writeManifest(join(folder, manifestName), { ...shared, startedAt: 5, files: {} });
  for (const [name, read] of [
    [reportName, readReport],
    [manifestName, manifestAt],
  ] as const) {
    const whole = await readFile(join(folder, name));
    for (const length of places(whole.length)) {
      await writeFile(join(folder, name), whole.subarray(0, length));
      t.equal(await read(folder), undefined, `${length} bytes of ${name}`);
    }
    await writeFile(join(folder, name), whole);
    t.ok(await read(folder), 'and what is whole is read');
  }
});

t.test('a track without its report is kept', async (t) => {
  const folder = await emptyFolder(t);
  await sound(join(folder, 'a.mkv'));
  await writeFile(join(folder, reportName), '{"recording_id":"room","tracks":{"a.m');
  t.same(await repairTracks(folder), { files: 1, removed: [] });
  t.ok((await decodedTimes(join(folder, 'a.mkv'))).length > 90);
});
