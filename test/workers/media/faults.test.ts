import t from 'tap';
import { opusScript, videoScript } from '../../media/scripts.ts';
import { childrenOf, isAlive, type Purpose } from './child-processes.ts';
import { type Area, assertWhole, type DecodedProgram } from './decoded-program.ts';
import { RunningWorker } from './running-worker.ts';

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

async function publish(worker: RunningWorker) {
  const video = await worker.publish('video', { endpointId: 'a', script: blinking, mimeType: 'video/H264' });
  const audio = await worker.publish('audio', { endpointId: 'a', script: tone, mimeType: 'audio/opus' });
  await worker.play(1500);
  return { video, audio };
}

function kill(worker: RunningWorker, purpose: Purpose): void {
  const [pid] = childrenOf(worker.child.pid ?? 0, purpose);
  process.kill(pid ?? 0, 'SIGKILL');
}

t.test('what publishers do makes no hole', async (t) => {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const { video, audio } = await publish(worker);
  video.mute(true);
  await worker.play(3000);
  const still = worker.position - 50;
  video.mute(false);
  audio.mute(true);
  await worker.play(3000);
  const silent = worker.position - 300;
  audio.mute(false);
  await worker.play(1000);
  const back = worker.position;
  video.change(upright);
  await worker.play(1500);
  const changed = worker.position - 100;
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 1, 'the format stays');
  const program = await assertWhole(t, worker.received);
  t.notOk(blinks(program, still), 'the last picture stays');
  t.ok((program.colour(still, left)[0] ?? 0) > 150, 'and is seen');
  t.ok(program.tone(440, still - 1000) > 0.15, 'sound goes on without video');
  t.ok(blinks(program, silent), 'video goes on without sound');
  t.ok(program.tone(440, silent) < 0.01, 'silence is heard');
  t.ok(program.tone(440, back - 300) > 0.15, 'sound comes back');
  const [red, green] = program.colour(changed, { x: 0.45, y: 0.3, width: 0.1, height: 0.4 });
  t.ok(green > 180 && red < 70, 'the other picture is seen');
  t.ok(Math.max(...program.colour(changed, left)) < 60, 'whole, with black beside it');
  t.same(worker.troubles, []);
});

t.test('processes that are killed are replaced without a hole', async (t) => {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker);
  kill(worker, 'decoder');
  await worker.until(({ type }) => worker.statistics?.decoderRestarts === 1 && type === 'statistics');
  await worker.play(1600);
  const decoded = worker.position - 100;
  kill(worker, 'audio encoder');
  await worker.play(1500);
  const heard = worker.position - 300;
  kill(worker, 'video encoder');
  await worker.play(1500);
  const seen = worker.position - 100;
  await worker.until(({ type }) => type === 'statistics');
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 2, 'a new video encoder is a discontinuity');
  t.match(worker.statistics, { decoderRestarts: 1, encoderRestarts: 2 });
  const program = await assertWhole(t, worker.received);
  t.ok(blinks(program, decoded), 'the new decoder decodes');
  t.ok(program.tone(440, heard) > 0.15, 'the new audio encoder encodes');
  t.ok(blinks(program, seen), 'the new video encoder encodes');
  t.same(
    worker.troubles.map(({ sentence }) => sentence),
    ['Tile decoder is replaced', 'Audio encoder is replaced', 'Video encoder is replaced'],
  );
});

t.test('two of a hundred packets are lost, and some overtaken', async (t) => {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const faults = { endpointId: 'a', loss: 0.02, reorder: 0.05, seed: 7 };
  const video = await worker.publish('video', { ...faults, script: blinking, mimeType: 'video/H264' });
  await worker.publish('audio', { ...faults, script: tone, mimeType: 'audio/opus' });
  await worker.play(6000);
  const end = worker.position;
  t.equal(await worker.stop(), 0);
  t.ok(video.lost > 0, 'packets were lost');
  t.ok(worker.keyframesNeeded.length > 1, 'key frames are asked for');
  t.ok(worker.keyframesNeeded.length <= 14, 'at most one in 500 ms');
  const program = await assertWhole(t, worker.received);
  const seconds = [2000, 3000, 4000, 5000, end].filter((second) => blinks(program, second));
  t.ok(seconds.length >= 3, 'the picture moves most of the time');
  t.ok(program.tone(440, end - 1000, 800) > 0.2, 'sound is heard');
});

t.test('it dies with its server, and its children with it', async (t) => {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker);
  const children = childrenOf(worker.child.pid ?? 0);
  t.equal(children.length, 3, 'two encoders and a decoder');
  const exited = new Promise((resolve) => worker.child.once('exit', resolve));
  worker.child.stdin?.destroy();
  t.equal(await exited, 0);
  t.same(children.filter(isAlive), []);
});
