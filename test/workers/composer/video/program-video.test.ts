import t, { type Test } from 'tap';
import type { Size } from '../../../../src/media/size.ts';
import type { ComposingReason } from '../../../../src/program/composer-message.ts';
import type { SourceFormat } from '../../../../workers/composer/encoded-program.ts';
import type { Canvas } from '../../../../workers/composer/video/canvas-ring.ts';
import type { EncodedFrame } from '../../../../workers/composer/video/encoder-run.ts';
import type { PacedFrame } from '../../../../workers/composer/video/frame-pacer.ts';
import type { CapturedFrame } from '../../../../workers/composer/video/gop.ts';
import type { PassableTrack } from '../../../../workers/composer/video/passage.ts';
import { ProgramVideo } from '../../../../workers/composer/video/program-video.ts';
import { testSettings } from '../running-composer.ts';
import { ScriptedEncoder } from './scripted-encoder.ts';

const settings = { ...testSettings, height: 480, frameRate: 24, partDuration: 200 };
const limits = { keyframeInterval: 2000, parts: true };
/** Parameter sets of 320 x 240 and 640 x 480 in baseline profile, and slices: I, P and B. */
const [small, large] = ['6742c00dd90141f9', '6742c01ed900a03d90'].map((hex) => Buffer.from(hex, 'hex'));
/** 10 bit. */
const deep = Buffer.from(small as Buffer).fill(110, 1, 2);
const pps = Buffer.from('68ce3c80', 'hex');
const [intra, predicted, bidirectional] = ['6588840a', '419a24', '419e24'].map((hex) => Buffer.from(hex, 'hex'));

class Camera implements PassableTrack {
  readonly trackId = 'camera';
  caughtUp = true;
  parked = false;
  park(): void {
    this.parked = true;
    this.caughtUp = false;
  }
  resume(): void {
    this.parked = false;
  }
}

interface Shown {
  readonly by: 'encoder' | 'camera';
  readonly start: number;
  readonly end: number;
  readonly key: boolean;
}

interface Source {
  readonly interval: number;
  readonly group: number;
  readonly sps: Buffer;
  readonly size: Size;
}

/** The video of a program by a clock that a test advances. */
class World {
  now = 0;
  readonly camera = new Camera();
  readonly encoders: ScriptedEncoder[] = [];
  readonly shown: Shown[] = [];
  readonly formats: string[] = [];
  readonly told: (ComposingReason | 'passed')[] = [];
  readonly video: ProgramVideo;
  source: Source = { interval: 40, group: 50, sps: small as Buffer, size: { width: 320, height: 240 } };
  /** Whether the camera sends. */
  sends = true;
  slow = false;
  /** Added to the time at which frames are due, in ms. */
  delay = 0;
  /** Time by which frames come later than usual, in ms. */
  lateness = 0;
  #tick = 0;
  #frames = 0;
  #nextFrame = 17;
  #timestamp = 0;

  constructor() {
    const add = (by: Shown['by'], start: number, end: number, key: boolean) => this.shown.push({ by, start, end, key });
    this.video = new ProgramVideo({
      settings,
      output: {
        beginFormat: () => void this.formats.push('composed'),
        beginSource: ({ width, passed }: SourceFormat) => void this.formats.push(`${width} ${passed.part?.frames}`),
        video: ({ tick, ticks, keyframe }: EncodedFrame) =>
          void add('encoder', (tick * 1000) / 24, ((tick + ticks) * 1000) / 24, keyframe),
        source: ({ frame, start, duration }: PacedFrame) => void add('camera', start, start + duration, frame.key),
      },
      createEncoder: (events) => {
        const encoder = new ScriptedEncoder(events);
        encoder.slow = this.slow;
        this.encoders.push(encoder);
        return encoder;
      },
      compose: () => ({}) as Canvas,
      position: () => this.now,
      onPassed: () => this.told.push('passed'),
      onComposed: (reason) => this.told.push(reason),
    });
    this.video.limit(limits);
    this.video.show(this.camera);
    this.video.start();
  }

  change(source: Partial<Source>): void {
    this.source = { ...this.source, ...source };
  }

  mute(): void {
    this.sends = false;
  }

  send(frame: CapturedFrame): void {
    this.video.take(this.camera, frame, frame.time);
  }

  get encoder(): ScriptedEncoder {
    return this.encoders.at(-1) as ScriptedEncoder;
  }

  get passes(): boolean {
    return this.shown.at(-1)?.by === 'camera';
  }

  /** Ms of the program go by. Frames come 60 ms before they are due. */
  async play(duration: number): Promise<void> {
    for (const end = this.now + duration; this.now < end; this.now += 1) {
      if (this.now + 60 - this.lateness >= this.#nextFrame) this.#send();
      if (this.now >= (this.#tick * 1000) / 24) {
        this.video.draw(this.#tick, false);
        this.#tick += 1;
      }
      await null;
    }
  }

  frame(key: boolean, time: number, slice = predicted as Buffer): CapturedFrame {
    const parts = key ? [this.source.sps, pps, intra as Buffer] : [slice];
    this.#timestamp = Math.round(time * 90);
    return { parts, key, size: key ? this.source.size : undefined, timestamp: this.#timestamp, at: this.now, time };
  }

  #send(): void {
    const { interval, group } = this.source;
    const key = this.#frames % group === 0;
    if (this.sends) this.video.take(this.camera, this.frame(key, this.#nextFrame), this.#nextFrame + this.delay);
    this.#frames += 1;
    this.#nextFrame += interval;
  }
}

/** Says what no program may lack: a frame for each moment, and a keyframe wherever the one who makes it changes. */
function assertWhole(t: Test, { shown }: World): void {
  const holes = shown.filter(({ start }, index) => Math.abs(start - (shown[index - 1]?.end ?? 0)) > 1e-6);
  t.same(holes, [], 'no hole, and no overlap');
  const changes = shown.filter(({ by }, index) => by !== shown[index - 1]?.by);
  t.ok(
    changes.every(({ key }) => key),
    'each change is a keyframe',
  );
  const camera = shown.filter(
    ({ by, end }) => by === 'camera' && shown.some((next) => next.start === end && next.by === by),
  );
  // 4 frames of 25 a second fill a part of 171.6 ms
  t.same(
    camera.filter(({ start, end }) => end - start > 42.9 || end - start < 36.4),
    [],
    'each frame fits into parts',
  );
}

async function passing(world = new World()): Promise<World> {
  await world.play(14_500);
  return world;
}

t.test('a source that is alone and stable is passed through, without decoder and encoder', async (t) => {
  const world = new World();
  await world.play(9900);
  t.notOk(world.passes, 'not at once');
  await passing(world);
  t.ok(world.passes);
  t.same(world.told, ['passed']);
  t.same([...new Set(world.formats)], ['composed', '320 4']);
  t.same([world.camera.parked, world.encoder.state], [true, 'finished']);
  t.ok(Math.abs(world.video.frameRate - 25) < 0.01);
  assertWhole(t, world);
});

t.test('no frame of what is not suitable is passed through', async (t) => {
  const rows: [string, (world: World) => void][] = [
    ['without limits', ({ video }) => video.limit(undefined)],
    ['beside others', ({ video }) => video.show(undefined)],
    ['larger than the program', (world) => world.change({ size: { width: 1280, height: 720 } })],
    ['in another profile', (world) => world.change({ sps: deep })],
    ['with keyframes too far apart', (world) => world.change({ group: 56 })],
    ['with frames that fill no part', (world) => world.change({ interval: 66.7, group: 30 })],
  ];
  await Promise.all(
    rows.map(async ([name, change]) => {
      const world = new World();
      change(world);
      await world.play(24_000);
      t.same(world.told, [], name);
      assertWhole(t, world);
    }),
  );
});

t.test('composing begins at a keyframe of an encoder that runs, for a room or an output', async (t) => {
  const rows: [ComposingReason, (world: World) => void][] = [
    ['room', ({ video }) => video.show(undefined)],
    ['output', ({ video }) => video.limit(undefined)],
  ];
  for (const [reason, change] of rows) {
    const world = await passing();
    world.slow = true;
    change(world);
    await world.play(1500);
    t.ok(world.passes, 'until then frames are passed through');
    t.same([world.camera.parked, world.encoder.state], [false, 'running']);
    world.encoder.slow = false;
    await world.play(100);
    t.ok(world.passes, 'and until the decoder has caught up');
    world.camera.caughtUp = true;
    await world.play(3000);
    t.same(world.told, ['passed', reason]);
    const [first] = world.shown.filter(({ by, start }) => by === 'encoder' && start > 14_500);
    t.equal((first?.start ?? 0) % 1000, 0, 'at a keyframe of the grid');
    assertWhole(t, world);
    world.video.limit(limits);
    world.video.show(world.camera);
    await world.play(9000);
    t.notOk(world.passes);
    await world.play(6000);
    t.same(world.told, ['passed', reason, 'passed'], 'it is passed through again after ten seconds');
    assertWhole(t, world);
  }
});

t.test('composing begins where the frames of the source end when it fails', async (t) => {
  const rows: [ComposingReason, (world: World) => void][] = [
    ['hole', (world) => world.mute()],
    ['hole', ({ video, camera }) => video.lose(camera)],
    ['ended', ({ video, camera }) => video.remove(camera)],
    ['keyframes', (world) => world.change({ group: 1e9 })],
    ['hole', (world) => world.change({ interval: 60 })],
    ['format', (world) => world.change({ size: { width: 1280, height: 720 } })],
    ['rate', (world) => world.change({ interval: 30 })],
    ['order', (world) => world.send(world.frame(false, world.now + 90, bidirectional))],
  ];
  for (const [reason, fail] of rows) {
    const world = await passing();
    fail(world);
    await world.play(1000);
    world.camera.caughtUp = true;
    await world.play(4000);
    t.same(world.told, ['passed', reason]);
    t.notOk(world.passes, reason);
    t.ok((world.shown.at(-1)?.end ?? 0) > world.now - 50, 'nothing is owed any more');
    assertWhole(t, world);
  }
});

t.test('an encoder starts when a frame is due and not there, and is not used if it comes', async (t) => {
  const world = await passing();
  world.slow = true;
  const started = world.encoders.length;
  world.lateness = 139;
  await world.play(138);
  t.same([world.encoders.length, world.encoder.state, world.camera.parked], [started + 1, 'running', false]);
  world.lateness = 0;
  await world.play(200);
  t.same([world.encoder.state, world.camera.parked, world.passes], ['new', true, true]);
  world.mute();
  while (world.encoder.state === 'new') await world.play(1);
  t.same(world.told, ['passed'], 'it is not known yet whether the source has failed');
  const { encoder } = world;
  world.camera.caughtUp = true;
  await world.play(150);
  t.same(world.told, ['passed', 'hole']);
  t.equal(world.encoder, encoder, 'it has had a start');
  encoder.slow = false;
  await world.play(100);
  t.ok((world.shown.at(-1)?.end ?? 0) > world.now - 50, 'nothing is owed any more');
  assertWhole(t, world);
});

t.test('a source whose times move away is composed without a pause', async (t) => {
  const world = await passing();
  world.slow = true;
  world.delay = 450;
  await world.play(1000);
  t.same([world.encoder.state, world.passes], ['running', true], 'its frames go on while the encoder starts');
  world.encoder.slow = false;
  world.camera.caughtUp = true;
  await world.play(2500);
  t.same(world.told, ['passed', 'rate']);
  assertWhole(t, world);
});

t.test('a source that fails soon is passed through less often', async (t) => {
  const world = await passing();
  const fail = async () => {
    world.sends = false;
    await world.play(400);
    world.sends = true;
    world.camera.caughtUp = true;
  };
  const passages = () => world.told.filter((what) => what === 'passed').length;
  await fail();
  await world.play(19_000);
  t.equal(passages(), 1);
  await world.play(16_000);
  t.equal(passages(), 2);
  await fail();
  await world.play(15_000);
  t.equal(passages(), 3, 'after a longer time a fault does not count');
  assertWhole(t, world);
});

t.test('a source that fails while its frames are about to end at a keyframe is made up for', async (t) => {
  for (const wait of [200, 700, 1200]) {
    const world = await passing();
    world.camera.caughtUp = true;
    world.video.show(undefined);
    await world.play(wait);
    world.sends = false;
    await world.play(1500);
    t.notOk(world.passes);
    assertWhole(t, world);
  }
});

t.test('frames of another size are passed through in a format of their own', async (t) => {
  const world = await passing();
  world.change({ sps: large as Buffer });
  await world.play(3000);
  t.ok(world.passes);
  t.equal(world.formats.at(-1), '640 4');
  assertWhole(t, world);
});

t.test('a group that is sent again does not count', async (t) => {
  const world = await passing();
  const last = world.frame(false, world.now + 40);
  world.send(last);
  for (const index of [1, 2, 3]) {
    const again = world.frame(index === 1, world.now);
    world.send({ ...again, timestamp: last.timestamp + index });
  }
  await world.play(1000);
  t.same(world.told, ['passed']);
  assertWhole(t, world);
});

t.test('a frame that is missing is no hole, and the next ones catch up', async (t) => {
  const world = await passing();
  world.sends = false;
  await world.play(40);
  world.sends = true;
  await world.play(3000);
  t.same(world.told, ['passed']);
  assertWhole(t, world);
});

t.test('frames follow a delay that changes', async (t) => {
  const world = await passing();
  for (const delay of [340, 0]) {
    world.delay = delay;
    await world.play(6000);
    t.same(world.told, ['passed']);
  }
  assertWhole(t, world);
});

t.test('the end has the last frame', async (t) => {
  const world = await passing();
  await world.video.finish();
  t.ok((world.shown.at(-1)?.end ?? 0) > world.now);
  assertWhole(t, world);
  await world.video.close();
});
