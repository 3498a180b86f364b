import t from 'tap';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { childrenOf } from '../../child-processes.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { DecodedProgram } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

// each second it flashes and beeps
const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,1)\\,0.1)'`;
const camera = (size: string) =>
  videoScript({ source: `color=black:s=${size}:r=25,${flash}`, duration: 8, frameRate: 25, group: 50 });
const [large, small] = await Promise.all(['320x180', '240x136'].map(camera));
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000', 8);
/** Ms within which the eye takes them for one. */
const tolerance = 45;

if (!large || !small) throw new Error('There are no scripts.');

t.test('a camera is passed through in sync with its sound, and composed when it is mute', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180, frameRate: 24, partDuration: 200 });
  t.teardown(() => worker.close());
  worker.send({ type: 'passthrough', limits: { keyframeInterval: 2000, parts: true } });
  const startAt = monotonicClock.now();
  const common = { endpointId: 'a', startAt, steady: true };
  const video = await worker.publish('video', { ...common, script: large, mimeType: 'video/H264' });
  await worker.publish('audio', { ...common, script: audio, mimeType: 'audio/opus' });
  const passes = () => worker.received.at(-1)?.format.video.passed !== undefined;
  // on a busy machine frames may come too late, so that they are composed for a while
  do {
    await worker.until(passes);
    await worker.play(3500);
  } while (!passes());
  t.equal(childrenOf(worker.child.pid ?? 0, 'audio encoder').length, 1, 'nothing else runs');
  const end = worker.position;
  video.change(small);
  await worker.play(3000);
  video.mute(true);
  await worker.until(() => !passes());
  await worker.play(1500);
  t.equal(await worker.stop(), 0);

  const { received } = worker;
  for (const kind of ['video', 'audio'] as const) {
    const samples = received.flatMap((part) => part.samples.filter((sample) => sample.kind === kind));
    const holes = samples.filter(({ time }, index) => {
      const before = samples[index - 1];
      return time !== (before ? before.time + before.duration : 0);
    });
    t.same(holes, [], `${kind} has no hole`);
  }
  t.ok(received.every(({ samples }) => samples.find(({ kind }) => kind === 'video')?.keyframe ?? true));
  const program = await DecodedProgram.decode(received);
  const videoOf = (parts: typeof received) =>
    parts.flatMap((part) => part.samples.filter(({ kind }) => kind === 'video'));
  const frames = videoOf(received);
  t.equal(program.frames, frames.length, 'each frame can be decoded');
  const beeps = program.beeps();
  const offsets = program
    .flashes()
    .filter((time) => time > end - 3000 && time < end - 200)
    .map((time) => Math.min(...beeps.map((beep) => Math.abs(beep - time))));
  // the machine may hold up some of them
  const inSync = offsets.filter((offset) => offset <= tolerance).length;
  t.ok(offsets.length > 1 && inSync > offsets.length / 2, `sound and frame together: ${offsets.join(' ')} ms`);
  const sizes = received.flatMap(({ format: { video } }) => (video.passed ? [`${video.width}x${video.height}`] : []));
  t.equal(sizes[0], '320x180');
  t.comment(received.map(({ format, samples }) => `${format.video.codec} ${samples.length}`).join(', '));
});
