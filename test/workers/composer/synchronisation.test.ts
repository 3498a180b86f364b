import t from 'tap';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { assertWhole, type DecodedProgram, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

/** Flashes and beeps. @param period in s */
async function scripts(period: number) {
  const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,${period})\\,0.1)'`;
  const tone = `aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,${period})\\,0.1):s=48000`;
  const video = await videoScript({ source: `color=black:s=320x180:r=30,${flash}`, duration: 8, frameRate: 30 });
  return { video, audio: await opusScript(tone, 8) };
}

/** Ms within which the eye takes them for one. */
const tolerance = 45;
/** Ms after which the decoder runs. */
const settled = 1000;

/** How much later than the frame its audio is, in ms, each time, but for what has just begun. */
function offsetsOf(program: DecodedProgram, end: number): number[] {
  const beeps = program.beeps();
  return program
    .flashes()
    .filter((time) => time > settled && time < end - 500)
    .map((time) => time - (beeps.find((beep) => Math.abs(beep - time) < 450) ?? Number.POSITIVE_INFINITY));
}

/** A machine that is held up shows a frame late now and then: three in a row are not. */
function inStep(program: DecodedProgram, end: number): boolean {
  const last = offsetsOf(program, end).slice(-3);
  return last.length === 3 && last.every((offset) => Math.abs(offset) <= tolerance);
}

// a program that stands still for more than a second has few frames, and is in step when it moves
for (const { videoDelay, period } of [
  { videoDelay: 0, period: 2 },
  { videoDelay: 150, period: 1 },
]) {
  t.test(`audio and video are synchronized each ${period} s when video is ${videoDelay} ms late`, async (t) => {
    const { video, audio } = await scripts(period);
    const worker = await RunningComposer.start({ width: 320, height: 180 });
    t.teardown(() => worker.close());
    const startAt = monotonicClock.now();
    const common = { endpointId: 'a', startAt };
    await worker.publish('video', { ...common, script: video, mimeType: 'video/H264', delay: videoDelay });
    await worker.publish('audio', { ...common, script: audio, mimeType: 'audio/opus' });
    const end = await shows(worker, 'sound and frame together', inStep, 5000);
    t.equal(await worker.stop(), 0);
    const program = await assertWhole(t, worker.received);
    t.ok(inStep(program, end), `offsets: ${offsetsOf(program, end).join(', ')} ms`);
    const long = worker.samples.filter(({ kind, duration }) => kind === 'video' && duration >= 3 * 3000);
    t.equal(long.length > 0, period > 1, 'frames that show nothing new last longer');
  });
}
