import { join } from 'node:path';
import t, { type Test } from 'tap';
import { timeOriginOf } from '../../../src/clock/clock.ts';
import { aggregate, unitsOfAggregate } from '../../../src/media/rtp/h264-packetizer.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { eventually } from '../../eventually.ts';
import {
  beepTimes,
  decodedTimes,
  decoderComplaints,
  flashTimes,
  packetTimes,
  statedDuration,
} from '../../recorded-media.ts';
import type { Script } from '../../rtp-sender.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { RunningTrackRecorder } from './running-track-recorder.ts';

// each second it flashes and beeps
const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,1)\\,0.1)'`;
const h264 = await videoScript({ source: `color=black:s=320x180:r=30,${flash}`, duration: 4, frameRate: 30 });
const larger = await videoScript({ source: 'testsrc2=s=640x360:r=30', duration: 4, frameRate: 30 });
const vp8 = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30, codec: 'vp8' });
const opus = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000', 4);
/** Picture parameter set 1 of sequence parameter set 0, which no slice uses. */
const unusedPps = Buffer.from('685ce3c8', 'hex');

/** The script with the parameter sets of every second keyframe changed. */
function redescribed(script: Script, change: (sps: Buffer, pps: Buffer) => readonly Buffer[]): Script {
  let keyframes = 0;
  const frames = script.frames.map((frame) => {
    if (!frame.key) return frame;
    keyframes += 1;
    if (keyframes % 2 === 1) return frame;
    const [sets = Buffer.alloc(0), ...slices] = frame.payloads;
    const units = unitsOfAggregate(sets);
    const [sps, pps] = [nalType.sps, nalType.pps].map((type) => units.find((unit) => typeOf(unit) === type));
    if (!sps || !pps) throw new Error('A keyframe has no parameter sets.');
    return { ...frame, payloads: [...change(sps, pps), ...slices] };
  });
  return { ...script, frames };
}

/** Groups of frames of two scripts in turn. */
function alternating(one: Script, other: Script): Script {
  let keyframes = 0;
  const frames = one.frames.map((frame, index) => {
    if (frame.key) keyframes += 1;
    return (keyframes % 2 === 0 && other.frames[index]) || frame;
  });
  return { ...one, frames };
}

/** Ms within which the eye takes video and audio for one. */
const inStep = 45;
/** Ms of media that may be lost, whatever happens. */
const maxLost = 250;

const until = (time: number) =>
  new Promise<void>((resolve) => monotonicClock.schedule(Math.max(time - monotonicClock.now(), 0), resolve));

/** The file of a track, by its metadata. */
async function fileOf(recorder: RunningTrackRecorder, track: string) {
  const found = await recorder.filesOf(track);
  return found.map(([name, file]) => ({ path: join(recorder.folder, name), file }));
}

async function assertSound(t: Test, recorder: RunningTrackRecorder): Promise<void> {
  const { files, report } = await recorder.result();
  t.same(files, Object.keys(report?.tracks ?? {}).sort(), 'the report names the files that are there');
  for (const name of files) t.equal(await decoderComplaints(join(recorder.folder, name)), '', `${name} is sound`);
}

/**
 * Silences the publishers, and waits until the worker has got what they have sent.
 * @returns when that was, in ms of the recording
 */
async function lastSent(recorder: RunningTrackRecorder): Promise<number> {
  // what is due is sent first
  await until(monotonicClock.now() + 10);
  const time = recorder.now;
  recorder.mute();
  await recorder.settled();
  return time;
}

t.test('three tracks share a clock', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const startAt = monotonicClock.now();
  await recorder.publish('video', { script: h264, mimeType: 'video/H264', startAt, delay: 100 });
  await recorder.publish('audio', { script: opus, mimeType: 'audio/opus', startAt });
  const published = monotonicClock.now() - startAt;
  await recorder.recorded(['video', 'audio'], 0.9);
  const earliest = monotonicClock.now() - startAt - published;
  await recorder.publish('other', { script: vp8, mimeType: 'video/VP8', origin: 'another' });
  const latest = monotonicClock.now() - startAt;
  await recorder.recorded(['video', 'audio'], 3.3);
  await recorder.recorded(['other'], 0.5);
  const stoppedAt = await lastSent(recorder);
  t.equal(await recorder.stop(), 0);
  await assertSound(t, recorder);

  const [video] = await fileOf(recorder, 'video');
  const [audio] = await fileOf(recorder, 'audio');
  const [other] = await fileOf(recorder, 'other');
  if (!video || !audio || !other) throw new Error('A track is missing.');
  const flashes = await flashTimes(video.path);
  const beeps = await beepTimes(audio.path);
  const times = await decodedTimes(video.path);
  // until then the first pictures, whose time was that of their arrival, have got the right one
  const late = flashes.filter((time) => time > (times[0] ?? 0) + 1.5);
  t.ok(late.length >= 2, `flashes are seen: ${flashes}`);
  const offsets = late.map((time) => Math.min(...beeps.map((beep) => Math.abs(beep - time))) * 1000);
  t.same(
    offsets.filter((offset) => !(offset <= inStep)),
    [],
    `picture and sound are in step: ${offsets} ms`,
  );
  const last = Math.max(...(await decodedTimes(audio.path))) * 1000;
  t.ok(last > stoppedAt - maxLost, `recorded to the end: ${last} of ${stoppedAt} ms`);

  t.match(video.file, {
    type: 'video',
    encoding: 'H264',
    clock_rate: 90_000,
    origin: 'peer',
    metadata: { type: 'video' },
  });
  t.match(audio.file, { type: 'audio', encoding: 'OPUS', clock_rate: 48_000 });
  t.match(other.file, { type: 'video', encoding: 'VP8', origin: 'another' });
  t.equal(video.file.offset, 0, 'the first track');
  t.ok(other.file.offset >= earliest * 1e6 && other.file.offset <= latest * 1e6, 'nanoseconds');
  const [first = 0] = await decodedTimes(other.path);
  t.ok(first * 1e9 >= other.file.offset, 'no picture from before its subscription');
  const ticks = (video.file.end_timestamp - video.file.start_timestamp) >>> 0;
  const length = (times.at(-1) ?? 0) - (times[0] ?? 0);
  t.ok(Math.abs(ticks / 90_000 - length) < 0.5, `${ticks} ticks are ${length} s, beyond 32 bits`);
  const begun = (recorder.startedAt + (times[0] ?? 0) * 1000) * 1e6;
  t.ok(Math.abs((video.file.start_timestamp_wallclock ?? 0) - begun) < 50e6, 'when it was captured');
});

t.test('a killed track recorder leaves readable files of all its recordings', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const hour = 3_600_000;
  // somebody has set the time of day since the track recorder was started
  const startedAt = monotonicClock.now() + hour;
  const timeOrigin = timeOriginOf(monotonicClock) + hour;
  const other = await recorder.another(t, { startedAt, timeOrigin });
  const ended = await recorder.another(t);
  await recorder.publish('video', { script: larger, mimeType: 'video/H264' });
  await recorder.publish('audio', { script: opus, mimeType: 'audio/opus' });
  await recorder.publish('vp8', { script: vp8, mimeType: 'video/VP8' });
  await ended.publish('audio', { script: opus, mimeType: 'audio/opus' });
  await ended.recorded(['audio'], 0.1);
  await other.publish('video', { script: h264, mimeType: 'video/H264' });
  await ended.end();
  for (const { path } of await fileOf(ended, 'audio'))
    t.ok((await statedDuration(path)) > 0.1, 'what has ended is complete');
  await recorder.recorded(['video', 'audio', 'vp8'], 1.5);
  await other.recorded(['video'], 1.5);
  other.mute();
  const killedAt = await lastSent(recorder);
  const otherKilledAt = killedAt + recorder.startedAt - startedAt + hour;
  recorder.child.kill('SIGKILL');
  await recorder.exited;
  for (const [at, from, name] of [
    ...['video', 'audio', 'vp8'].map((name) => [killedAt, recorder, name] as const),
    [otherKilledAt, other, 'video'] as const,
  ]) {
    const [track] = await fileOf(from, name);
    const times = await decodedTimes(track?.path ?? '');
    const lost = at - (times.at(-1) ?? 0) * 1000;
    t.ok(lost <= maxLost, `${name}: ${lost} ms lost of ${at}`);
  }

  const next = await RunningTrackRecorder.start(t, { folder: recorder.folder, startedAt: recorder.startedAt });
  await next.publish('later', { script: opus, mimeType: 'audio/opus' });
  await next.recorded(['later'], 0.3);
  t.equal(await next.stop(), 0);
  const { report, files } = await next.result();
  t.same(Object.keys(report?.tracks ?? {}).sort(), files, 'the next worker goes on with the report');
  t.equal(files.length, 4);
  const [later] = await fileOf(next, 'later');
  const [first = 0] = await decodedTimes(later?.path ?? '');
  t.ok(first * 1000 >= killedAt, 'and with the clock');
});

t.test('another size, a pause and an end are recorded', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const video = await recorder.publish('video', { script: h264, mimeType: 'video/H264' });
  const audio = await recorder.publish('audio', { script: opus, mimeType: 'audio/opus' });
  await recorder.recorded(['video', 'audio'], 0.3);
  audio.mute(true);
  video.change(larger);
  await until(monotonicClock.now() + 800);
  await recorder.written(3);
  const before = recorder.now / 1000;
  audio.mute(false);
  await eventually('sound again', async () => ((await recorder.timesOf('audio')).at(-1) ?? 0) > before);
  await recorder.unpublish('video');
  recorder.child.stdin?.end();
  const [code] = await recorder.exited;
  t.equal(code, 0, 'without the server it finishes what it has');
  await assertSound(t, recorder);
  t.equal((await fileOf(recorder, 'video')).length, 2, 'a file for each size');
  const [sound] = await fileOf(recorder, 'audio');
  const times = await decodedTimes(sound?.path ?? '');
  const gaps = times.map((time, index) => time - (times[index - 1] ?? time)).filter((gap) => gap > 0.5);
  t.equal(gaps.length, 1, 'a pause is a gap in time');
});

t.test(
  'a track stays in one file while codec, profile and size stay, however its parameter sets are listed',
  async (t) => {
    const source = 'testsrc2=s=320x180:r=30';
    const plain = await videoScript({ source, duration: 2, frameRate: 30, group: 6 });
    const high = (cabac: 0 | 1) =>
      videoScript({
        source,
        duration: 2,
        frameRate: 30,
        group: 6,
        extra: ['-profile:v', 'high', '-x264-params', `8x8dct=1:cabac=${cabac}`],
      });
    const scripts = {
      repeated: redescribed(plain, (sps, pps) => [sps, pps, pps]),
      unused: redescribed(plain, (sps, pps) => [aggregate([sps, pps, unusedPps])]),
      swapped: redescribed(plain, (sps, pps) => [pps, sps]),
      lacking: redescribed(plain, (sps) => [sps]),
      withheld: redescribed(plain, () => []),
      changing: alternating(await high(0), await high(1)),
    };
    const recorder = await RunningTrackRecorder.start(t);
    const names = Object.keys(scripts);
    for (const [name, script] of Object.entries(scripts)) {
      await recorder.publish(name, { script, mimeType: 'video/H264', origin: name });
    }
    await recorder.recorded(names, 1.5);
    t.equal(await recorder.stop(), 0);
    await assertSound(t, recorder);
    for (const name of names) {
      const [file, ...more] = await fileOf(recorder, name);
      t.equal(more.length, 0, `${name}: one file`);
      const [decoded, written] = [await decodedTimes(file?.path ?? ''), await packetTimes(file?.path ?? '')];
      t.equal(decoded.length, written.length, `${name}: all frames decode`);
    }
  },
);

t.test('lost packets leave gaps of their length', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const lossy = { loss: 0.02, reorder: 0.05, seed: 7 };
  await recorder.publish('video', { script: larger, mimeType: 'video/H264', ...lossy });
  await recorder.message('keyframeNeeded');
  await until(monotonicClock.now() + 2000);
  t.equal(await recorder.stop(), 0);
  await assertSound(t, recorder);
});

t.test('a full disk ends the recording cleanly, and no other one', async (t) => {
  const recorder = await RunningTrackRecorder.start(t, { quota: 64 * 1024 });
  const other = await recorder.another(t);
  await other.publish('audio', { script: opus, mimeType: 'audio/opus' });
  await recorder.publish('video', { script: larger, mimeType: 'video/H264' });
  const { reason } = await recorder.message('failed');
  t.match(reason, /EFBIG/);
  await recorder.end();
  const failedAt = other.now / 1000;
  await eventually('another recording goes on', async () => ((await other.timesOf('audio')).at(-1) ?? 0) > failedAt);
  const { files, report } = await recorder.result();
  t.same(files, Object.keys(report?.tracks ?? {}));
  t.ok((await decodedTimes(join(recorder.folder, files[0] ?? ''))).length > 10, 'what was written is readable');
  await assertSound(t, recorder);
  t.equal(await recorder.stop(), 0);
  await assertSound(t, other);
});

t.test('fifty joins and leaves are recorded', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  for (let round = 0; round < 5; round += 1) {
    const names = Array.from({ length: 10 }, (_, index) => `track${round * 10 + index}`);
    await Promise.all(
      names.map((name) => recorder.publish(name, { script: opus, mimeType: 'audio/opus', origin: name })),
    );
    await recorder.written((round + 1) * names.length);
    await Promise.all(names.map((name) => recorder.unpublish(name)));
  }
  t.equal(await recorder.stop(), 0);
  const { files, report } = await recorder.result();
  t.equal(files.length, 50);
  // of each round two
  const some = files.filter((_, index) => index % 5 === 0);
  for (const name of some) t.ok((await packetTimes(join(recorder.folder, name))).length > 0, name);
  t.same(files, Object.keys(report?.tracks ?? {}).sort());
});
