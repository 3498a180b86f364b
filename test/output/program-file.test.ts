import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProgramSample } from '../../src/media/sample.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { play, programSource } from '../program/program-source.ts';
import { decodedTimes, decoderComplaints, packetTimes } from '../recorded-media.ts';
import { watchSyncs } from '../storage/watched-syncs.ts';

const source = await programSource({ seconds: 2, frameRate: 24 });

async function open(t: Test, folderOf?: string) {
  const folder = folderOf ?? (await mkdtemp(join(tmpdir(), 'shoal-program-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const failures: Error[] = [];
  const file = new ProgramFile({ folder, name: 'room', onFailure: (error) => failures.push(error) });
  return { file, folder, failures };
}

t.test('time begins with the first frame', async (t) => {
  const { file, folder, failures } = await open(t);
  file.format(source.format);
  for (const sample of source.samples) {
    const late = 7200 * (sample.kind === 'video' ? 90_000 : 48_000);
    file.sample({ ...sample, time: sample.time + late });
  }
  file.end();
  await file.settled();
  const path = join(folder, 'room.mp4.part');
  const times = await decodedTimes(path);
  t.equal(Math.min(...times), 0);
  t.ok(Math.max(...times) < 2.1, 'of frames and audio alike');
  t.equal(await decoderComplaints(path), '');
  t.strictSame(failures, []);
});

t.test('video is written at once, audio after a short wait', async (t) => {
  const { file, folder } = await open(t);
  t.teardown(() => file.end());
  const written = async (samples: readonly ProgramSample[]) => {
    const bytes = await readFile(join(folder, 'room.mp4.part'));
    return samples.every(({ data }) => bytes.includes(Buffer.from(data)));
  };
  file.format(source.format);
  for (const [index, sample] of source.samples.entries()) {
    file.sample(sample);
    await file.settled();
    if (sample.kind === 'video') t.ok(await written([sample]), `frame ${index}`);
  }
  const audio = source.samples.filter(({ kind }) => kind === 'audio').slice(-5);
  const onward = audio.map((sample, index) => ({
    ...sample,
    data: Buffer.from(`audio ${index}`),
    time: sample.time + 96_000,
  }));
  for (const sample of onward) file.sample(sample);
  await file.settled();
  t.ok(await written(onward), 'whatever becomes of the frames');
});

t.test('late frames and gaps keep their times', async (t) => {
  const { file, folder } = await open(t);
  play(source, file);
  file.format({ ...source.format, epoch: 1 });
  for (const sample of source.samples) {
    file.sample({ ...sample, time: sample.time + 5 * (sample.kind === 'video' ? 90_000 : 48_000) });
  }
  file.end();
  await file.settled();
  const times = (await packetTimes(join(folder, 'room.mp4.part'))).sort((a, b) => a - b);
  const before = times.filter((time) => time < 3);
  t.ok(Math.max(...before) < 2.1, `${Math.max(...before)}`);
  t.equal(
    times.find((time) => time > 3),
    5,
    'each lies where it belongs',
  );
});

t.test('a differently encoded program starts a new file', async (t) => {
  const { file, folder, failures } = await open(t);
  const larger = await programSource({ seconds: 1, frameRate: 24, width: 640, height: 360 });
  play(source, file);
  file.format({ ...source.format, epoch: 1, video: { ...source.format.video, frameRate: 12 } });
  play(larger, file);
  file.end();
  await file.settled();
  t.strictSame(
    (await readdir(folder)).sort(),
    ['room-2.mp4.part', 'room.mp4.part'],
    'but not for a new epoch or frame rate alone',
  );
  t.equal(await decoderComplaints(join(folder, 'room-2.mp4.part')), '');
  t.strictSame(failures, []);
});

t.test('audio that is repeated under a new video encoder is written once', async (t) => {
  const { file, folder, failures } = await open(t);
  const { format, samples } = source;
  const until = (second: number) =>
    samples.filter(({ kind, time }) => time / (kind === 'video' ? 90_000 : 48_000) < second);
  file.format(format);
  for (const sample of until(1.5)) file.sample(sample);
  file.format({ ...format, epoch: 1 });
  const again = samples.filter(({ kind, time }) => (kind === 'audio' ? time > 48_000 : time >= 135_000));
  for (const sample of again) file.sample(sample);
  file.end();
  await file.settled();
  const path = join(folder, 'room.mp4.part');
  t.equal(await decoderComplaints(path), '');
  // what comes before the first frame is left out
  const wanted = samples.slice(samples.findIndex(({ kind }) => kind === 'video'));
  t.equal((await packetTimes(path)).length, wanted.length, 'each of them once');
  t.strictSame(failures, []);
});

t.test('the file is synced to disk every five seconds', async (t) => {
  const { file, folder } = await open(t);
  const { format, samples } = await programSource({ seconds: 12, frameRate: 24 });
  file.format(format);
  await file.settled();
  const kept = await watchSyncs(t, join(folder, 'room.mp4.part'));
  for (const sample of samples) {
    file.sample(sample);
    await file.settled();
  }
  t.equal(kept.length, 2);
  for (const [index, length] of kept.entries()) t.ok(length > (index + 0.9) * (kept[0] ?? 0), `${length} bytes`);
  file.end();
  await file.settled();
  t.equal(kept.length, 3, 'and at the end');
});

t.test('a missing folder fails the output', async (t) => {
  const { file, failures } = await open(t, join(tmpdir(), 'shoal-no-such-folder'));
  play(source, file);
  file.end();
  await file.settled();
  t.match(failures, [{ code: 'ENOENT' }], 'told of once');
  t.equal(failures.length, 1);
});

t.test('a file that was replaced while it was written fails the output', async (t) => {
  const { file, folder, failures } = await open(t);
  play(source, file);
  await file.settled();
  const path = join(folder, 'room.mp4.part');
  await rename(path, join(folder, 'moved'));
  await writeFile(path, 'of somebody else');
  file.end();
  await file.settled();
  t.match(failures, [{ kind: 'broken', message: /was removed/ }]);
  t.equal(await readFile(path, 'utf8'), 'of somebody else');
});

t.test('a recording that exists already is not replaced', async (t) => {
  const { file, folder, failures } = await open(t);
  await writeFile(join(folder, 'room.mp4'), 'of somebody else');
  play(source, file);
  file.end();
  await file.settled();
  t.match(failures, [{ kind: 'storage', message: /exists already/ }]);
  t.strictSame(await readdir(folder), ['room.mp4']);
});
