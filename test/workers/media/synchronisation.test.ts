import t, { type Test } from 'tap';
import { monotonicClock } from '../../../workers/media/monotonic-clock.ts';
import { opusScript, videoScript } from '../../media/scripts.ts';
import { assertWhole, type DecodedProgram, shows } from './decoded-program.ts';
import { RunningWorker } from './running-worker.ts';

// each second it flashes and beeps
const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,1)\\,0.1)'`;
const video = await videoScript({ source: `color=black:s=320x180:r=30,${flash}`, duration: 8, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000', 8);
/** Ms within which the eye takes them for one. */
const tolerance = 45;
/** Ms after which the decoder runs. */
const settled = 1000;

async function offsets(t: Test, videoDelay: number): Promise<number[]> {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  const startAt = monotonicClock.now();
  const common = { endpointId: 'a', startAt };
  await worker.publish('video', { ...common, script: video, mimeType: 'video/H264', delay: videoDelay });
  await worker.publish('audio', { ...common, script: audio, mimeType: 'audio/opus' });
  const late = (program: DecodedProgram) => program.flashes().filter((time) => time > settled);
  const enough = (program: DecodedProgram, end: number) => late(program).filter((time) => time < end - 500).length >= 3;
  await shows(worker, 'three flashes', enough, 5000);
  t.equal(await worker.stop(), 0);
  const program = await assertWhole(t, worker.received);
  const beeps = program.beeps();
  return late(program).map(
    (time) => time - (beeps.find((beep) => Math.abs(beep - time) < 450) ?? Number.POSITIVE_INFINITY),
  );
}

for (const videoDelay of [0, 150]) {
  t.test(`sound and picture belong together, video sent ${videoDelay} ms late`, async (t) => {
    const found = await offsets(t, videoDelay);
    t.ok(found.length >= 3, 'flashes are seen');
    // a machine that is held up shows a picture late now and then
    const usual = Math.abs(found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? Number.POSITIVE_INFINITY);
    t.ok(usual <= tolerance, `offsets: ${found.join(', ')} ms`);
  });
}
