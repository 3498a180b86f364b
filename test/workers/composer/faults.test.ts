import t from 'tap';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { childrenOf, isAlive, type Purpose } from '../../child-processes.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { type Area, assertWhole, type DecodedProgram, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

/** The right half blinks twice a second, the left half is red. */
const blinking = await videoScript({
  source: `color=red:s=320x180:r=30,drawbox=x=160:w=160:h=180:c=white:t=fill:enable='lt(mod(t\\,0.5)\\,0.25)',drawbox=x=160:w=160:h=180:c=black:t=fill:enable='gte(mod(t\\,0.5)\\,0.25)'`,
  duration: 2,
  frameRate: 30,
});
/** Another size and another aspect ratio. */
const upright = await videoScript({ source: 'color=lime:s=240x320:r=30', duration: 2, frameRate: 30 });
const tone = await opusScript('aevalsrc=0.3*sin(2*PI*440*t):s=48000', 2);
const right: Area = { x: 0.6, y: 0.2, width: 0.3, height: 0.6 };
const left: Area = { x: 0.05, y: 0.2, width: 0.1, height: 0.6 };

/** Whether the right half changes between light and dark in the second before. */
function blinks(program: DecodedProgram, end: number): boolean {
  const levels = Array.from({ length: 20 }, (_, index) => program.colour(end - 1000 + index * 50, right)[1]);
  return Math.max(...levels) > 180 && Math.min(...levels) < 70;
}

/** The loudness of the publisher's tone, just before. */
function loudness(program: DecodedProgram, end: number): number {
  return program.tone(440, end - 300);
}

async function publish(worker: RunningComposer) {
  const video = await worker.publish('video', { endpointId: 'a', script: blinking, mimeType: 'video/H264' });
  const audio = await worker.publish('audio', { endpointId: 'a', script: tone, mimeType: 'audio/opus' });
  const both = (program: DecodedProgram, end: number) => blinks(program, end) && loudness(program, end) > 0.15;
  await shows(worker, 'video and audio', both, 1500);
  return { video, audio };
}

/** What is seen of a frame that is upright. */
function seesUpright(program: DecodedProgram, end: number): boolean {
  const [red, green] = program.colour(end, { x: 0.45, y: 0.3, width: 0.1, height: 0.4 });
  return green > 180 && red < 70 && Math.max(...program.colour(end, left)) < 60;
}

function kill(worker: RunningComposer, purpose: Purpose): void {
  const [pid] = childrenOf(worker.child.pid ?? 0, purpose);
  process.kill(pid ?? 0, 'SIGKILL');
}

t.test('faults of publishers leave no gap', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const { video, audio } = await publish(worker);
  video.mute(true);
  const stands = (program: DecodedProgram, end: number) => !blinks(program, end) && loudness(program, end) > 0.15;
  const still = await shows(worker, 'a frame that stands still', stands, 3000);
  video.mute(false);
  audio.mute(true);
  const noAudio = (program: DecodedProgram, end: number) => blinks(program, end) && loudness(program, end) < 0.01;
  const silent = await shows(worker, 'video without audio', noAudio, 3000);
  audio.mute(false);
  const back = await shows(worker, 'audio again', (program, end) => loudness(program, end) > 0.15);
  video.change(upright);
  const changed = await shows(worker, 'the other frame, whole, with black beside it', seesUpright, 1500);
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 1, 'the format stays');
  const program = await assertWhole(t, worker.received);
  t.ok(stands(program, still), 'the last frame stays, audio goes on without video');
  t.ok((program.colour(still, left)[0] ?? 0) > 150, 'and it is seen');
  t.ok(noAudio(program, silent), 'video goes on without audio');
  t.ok(loudness(program, back) > 0.15, 'audio comes back');
  t.ok(seesUpright(program, changed));
  t.same(worker.troubles, []);
});

t.test('killed processes are replaced without a gap', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker);
  kill(worker, 'decoder');
  await worker.until(({ type }) => worker.statistics?.decoderRestarts === 1 && type === 'statistics');
  const decoded = await shows(worker, 'what the new decoder decodes', blinks, 1600);
  kill(worker, 'audio encoder');
  await worker.until(({ type }) => worker.statistics?.encoderRestarts === 1 && type === 'statistics');
  const heard = await shows(worker, 'what the new audio encoder encodes', (...seen) => loudness(...seen) > 0.15);
  kill(worker, 'video encoder');
  await worker.until(({ type }) => worker.statistics?.encoderRestarts === 2 && type === 'statistics');
  const seen = await shows(worker, 'what the new video encoder encodes', blinks);
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 1, 'an encoder like the one before is no discontinuity');
  const program = await assertWhole(t, worker.received);
  t.ok(blinks(program, decoded) && loudness(program, heard) > 0.15 && blinks(program, seen), 'and no hole');
  t.same(
    worker.troubles.map(({ sentence }) => sentence),
    ['A tile decoder is replaced.', 'The audio encoder is replaced.', 'The video encoder is replaced.'],
  );
});

t.test('the program survives 2 % packet loss and reordering', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const faults = { endpointId: 'a', loss: 0.02, reorder: 0.05, seed: 7 };
  const video = await worker.publish('video', { ...faults, script: blinking, mimeType: 'video/H264' });
  await worker.publish('audio', { ...faults, script: tone, mimeType: 'audio/opus' });
  const begunAt = monotonicClock.now();
  const comes = (program: DecodedProgram, end: number) => {
    const seconds = [0, 1000, 2000, 3000, 4000].filter((before) => blinks(program, end - before));
    return seconds.length >= 3 && program.tone(440, end - 1000, 800) > 0.2;
  };
  const end = await shows(worker, 'a frame that moves most of the time, with audio', comes, 6000);
  t.equal(await worker.stop(), 0);
  t.ok(video.lost > 0, 'packets were lost');
  t.ok(worker.keyframesNeeded.length > 1, 'keyframes are asked for');
  t.ok(worker.keyframesNeeded.length <= (monotonicClock.now() - begunAt) / 500 + 2, 'at most one in 500 ms');
  t.ok(comes(await assertWhole(t, worker.received), end));
});

t.test('the composer dies with its server, and its children with it', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker);
  const children = childrenOf(worker.child.pid ?? 0);
  t.equal(children.length, 3, 'two encoders and a decoder');
  const exited = new Promise((resolve) => worker.child.once('exit', resolve));
  worker.child.stdin?.destroy();
  t.equal(await exited, 0);
  t.same(children.filter(isAlive), []);
});
