import t, { type Test } from 'tap';
import type { EncodedFrame } from '../../../../workers/composer/video/encoder-run.ts';
import { black, createFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { VideoEncoder } from '../../../../workers/composer/video/video-encoder.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { eventually } from '../../../eventually.ts';
import { allGone } from '../../../running-process.ts';
import { testSettings } from '../running-composer.ts';

const [frameRate, width, height] = [24, 320, 180];

/** An encoder that gets its ticks from a test. */
class DrivenEncoder {
  readonly clock = new HeldClock();
  readonly frames: EncodedFrame[] = [];
  readonly records: Buffer[] = [];
  readonly troubles: string[] = [];
  broken = 0;
  ticks = 0;
  readonly encoder: VideoEncoder;
  /** Each is another frame. */
  readonly #canvases = [black, [200, 128, 128] as const].map((colour) => ({
    ...{ frame: createFrame(width, height, colour), holders: 0 },
  }));
  #shown = 0;
  #onFrame: () => void = () => undefined;

  constructor(t: Test) {
    this.encoder = new VideoEncoder({
      settings: { ...testSettings, width, height, frameRate },
      clock: this.clock,
      onFormat: (record) => this.records.push(record),
      onFrame: (frame) => {
        this.frames.push(frame);
        this.#onFrame();
      },
      onTrouble: (sentence) => this.troubles.push(sentence),
      onBroken: () => {
        this.broken += 1;
      },
    });
    t.teardown(() => this.encoder.close());
    this.encoder.start();
  }

  /** A program that moves. @param step ms from one tick to the next */
  write(count: number, step = 0): void {
    for (let index = 0; index < count; index += 1) {
      this.#shown += 1;
      this.#tick();
      this.clock.advance(step);
    }
  }

  /** A program that stands still. */
  rest(count: number): void {
    for (let index = 0; index < count; index += 1) this.#tick();
  }

  #tick(): void {
    const canvas = this.#canvases[this.#shown % 2];
    if (canvas) this.encoder.write(canvas, this.ticks);
    this.ticks += 1;
  }

  /** Ticks of the frames so far, from one on. */
  spans(from: number): [tick: number, ticks: number][] {
    return this.frames.flatMap(({ tick, ticks }) => (tick >= from ? [[tick, ticks] as [number, number]] : []));
  }

  /** Whether the encoder holds none of them. */
  get released(): boolean {
    return this.#canvases.every(({ holders }) => holders === 0);
  }

  async frame(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onFrame = resolve;
    });
  }

  /** Whether each tick so far has one frame, and each group of them begins with a keyframe. */
  get isWhole(): boolean {
    const end = this.frames.reduce((next, { tick, ticks }) => (tick === next ? tick + ticks : Number.NaN), 0);
    const keyframes = this.frames.filter(({ keyframe }) => keyframe).map(({ tick }) => tick);
    const due = Array.from({ length: Math.ceil(this.ticks / frameRate) }, (_, index) => index * frameRate);
    return end >= this.ticks && JSON.stringify(keyframes) === JSON.stringify(due);
  }
}

t.test('two seconds late, only the first frame of each part is encoded', async (t) => {
  const driven = new DrivenEncoder(t);
  driven.write(8 * frameRate);
  await driven.encoder.finish();
  t.ok(driven.isWhole);
  const count = (from: number, to: number) =>
    driven.frames.filter(({ tick }) => tick >= from * frameRate && tick < to * frameRate).length;
  t.equal(count(0, 2), 2 * frameRate);
  t.equal(count(3, 8), 5 * 4);
  t.equal(driven.broken, 0);
});

t.test('what does not change for a second is encoded every third tick, until it changes', async (t) => {
  const driven = new DrivenEncoder(t);
  driven.rest(37);
  driven.write(2);
  driven.rest(2);
  await driven.encoder.finish();
  t.ok(driven.isWhole);
  t.equal(
    driven.frames.findIndex(({ ticks }) => ticks > 1),
    24,
    'all of the first second',
  );
  const changed = [36, 37, 38, 39, 40].map((tick) => [tick, 1]);
  t.same(driven.spans(24), [[24, 3], [27, 3], [30, 3], [33, 3], ...changed], 'the change is not late');
  t.ok(driven.released, 'the next encoder has all canvases');
  t.equal(driven.encoder.frameRate, frameRate, 'nothing is wrong with it');
});

t.test('the end of a still program is encoded', async (t) => {
  const driven = new DrivenEncoder(t);
  driven.rest(frameRate + 2);
  await driven.encoder.finish();
  t.same(driven.spans(24), [[24, 2]]);
  t.ok(driven.isWhole);
  driven.write(1);
  t.ok(driven.released, 'nothing is taken any more');
});

t.test('a still program whose encoder ends goes on without a hole', async (t) => {
  const driven = new DrivenEncoder(t);
  const first = driven.frame();
  driven.rest(frameRate + 5);
  await first;
  process.kill(driven.encoder.pid ?? 0, 'SIGKILL');
  await eventually('it is to be replaced', () => driven.troubles.length > 0);
  driven.rest(1);
  driven.clock.advance(1000);
  driven.rest(2);
  driven.write(1);
  await driven.encoder.finish();
  t.equal(driven.encoder.restarts, 1);
  const ends = driven.frames.reduce((next, { tick, ticks }) => (tick === next ? tick + ticks : Number.NaN), 0);
  t.equal(ends, driven.ticks);
  t.equal(driven.frames.at(-1)?.ticks, 1);
});

/** Stops the encoder until another one has begun to follow it. @returns its process id */
async function stopUntilReplaced(driven: DrivenEncoder): Promise<number> {
  const { encoder } = driven;
  const first = driven.frame();
  driven.write(1, 1000 / frameRate);
  await first;
  const { pid = 0 } = encoder;
  process.kill(pid, 'SIGSTOP');
  while (encoder.pid === pid && driven.ticks < 5 * frameRate) driven.write(1, 1000 / frameRate);
  driven.write(5);
  return pid;
}

t.test(
  'an encoder that cannot keep up gets half of the frames, then a faster preset at the next keyframe',
  async (t) => {
    const driven = new DrivenEncoder(t);
    const { encoder } = driven;
    const pid = await stopUntilReplaced(driven);
    process.kill(pid, 'SIGCONT');
    await encoder.finish();
    t.equal(encoder.frameRate, frameRate / 2);
    t.same(driven.troubles, Array(2).fill('The effort of the video encoder changes.'));
    t.ok(driven.isWhole, 'no hole, and no other keyframe');
    t.equal(driven.records.length, 2);
    t.ok(driven.records[0]?.equals(driven.records[1] ?? Buffer.alloc(0)), 'players need nothing new');
  },
);

t.test('a preset that is done before the one that it follows waits for its frames', async (t) => {
  const driven = new DrivenEncoder(t);
  const { encoder } = driven;
  const pid = await stopUntilReplaced(driven);
  const next = encoder.pid ?? 0;
  const finished = encoder.finish();
  await allGone([next]);
  // its end is noticed by now
  for (let turn = 0; turn < 100; turn += 1) await new Promise((done) => setImmediate(done));
  process.kill(pid, 'SIGCONT');
  await finished;
  t.ok(driven.isWhole);
  t.equal(driven.records.length, 2);
  t.notOk(driven.troubles.includes('The video encoder is replaced.'));
});

t.test('an encoder that returns nothing is replaced, without pending frames', async (t) => {
  const driven = new DrivenEncoder(t);
  const { encoder } = driven;
  const first = driven.frame();
  driven.write(1);
  await first;
  const { pid = 0 } = encoder;
  process.kill(pid, 'SIGSTOP');
  driven.clock.advance(1000);
  driven.write(frameRate);
  driven.clock.advance(5001);
  driven.write(frameRate);
  t.same(driven.troubles, ['The video encoder is replaced.']);
  await driven.clock.whenPending(1);
  driven.clock.advance(1000);
  t.not(encoder.pid, pid);
  driven.write(1);
  await encoder.finish();
  t.equal(encoder.restarts, 1);
  const ends = driven.frames.reduce((next, { tick, ticks }) => (tick === next ? tick + ticks : Number.NaN), 0);
  t.equal(ends, driven.ticks);
});

t.test('ten seconds late, the encoder fails', async (t) => {
  const driven = new DrivenEncoder(t);
  process.kill(driven.encoder.pid ?? 0, 'SIGSTOP');
  driven.write(10 * frameRate + 1);
  t.equal(driven.broken, 0);
  driven.write(2 * frameRate);
  t.equal(driven.broken, 1);
  t.same(driven.troubles, ['The video encoder is too late; it starts again at the current time.']);
});
