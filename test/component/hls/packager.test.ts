// What the packager cuts, put together again and read by ffmpeg and ffprobe.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Fragment, Packager, type PackagerOptions } from '../../../src/component/hls/packager.ts';
import type { ProgramFormat, ProgramSample } from '../../../src/media/sample.ts';
import { partTarget } from '../../../src/program/part-target.ts';
import { ProgramFanout } from '../../../src/program/program-fanout.ts';
import { ProgramGrid } from '../../../src/program/program-grid.ts';
import { commandOutput } from '../../command-output.ts';
import { play, programSource } from '../../program/program-source.ts';
import { format } from './running-stream.ts';

const source = await programSource({ seconds: 7 });
const timing = { keyframeInterval: 1000, segmentDuration: 2000 };

/** What comes out, in order. */
class Output {
  readonly inits: Buffer[] = [];
  readonly fragments: Fragment[] = [];
  readonly order: string[] = [];
  readonly longest: number[] = [];
  /** Complete ones. */
  readonly segments: Fragment[][] = [];
  #segment: Fragment[] = [];

  init(bytes: Buffer, _format: ProgramFormat, longest: number): void {
    this.inits.push(bytes);
    this.longest.push(longest);
    this.order.push('init');
  }

  fragment(fragment: Fragment): void {
    this.fragments.push(fragment);
    this.order.push(fragment.last ? 'last' : 'fragment');
    this.#segment.push(fragment);
    if (fragment.last) this.#complete();
  }

  endSegment(): void {
    this.order.push('end');
    this.#complete();
  }

  #complete(): void {
    this.segments.push(this.#segment);
    this.#segment = [];
  }
}

async function decode(t: Test, output: Output): Promise<{ frames: number; sound: number }> {
  const file = join(t.testdir({}), 'all.mp4');
  await writeFile(file, Buffer.concat([...output.inits.slice(0, 1), ...output.fragments.map(({ bytes }) => bytes)]));
  const { stderr } = await commandOutput('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  t.equal(stderr, '', 'it decodes');
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'packet=codec_type',
    '-of',
    'csv=p=0',
    file,
  ]);
  const kinds = stdout.trim().split('\n');
  const count = (kind: string) => kinds.filter((line) => line.startsWith(kind)).length;
  return { frames: count('video'), sound: count('audio') };
}

/** In the timescale of each kind. */
async function packetTimes(file: string): Promise<{ kind: string; pts: number }[]> {
  const entries = ['-show_entries', 'packet=codec_type,pts', '-of', 'json'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'error', ...entries, file]);
  const { packets } = JSON.parse(stdout) as { packets: { codec_type: string; pts: number }[] };
  return packets.map(({ codec_type: kind, pts }) => ({ kind, pts }));
}

t.test('parts contain every sample once', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  play(source, packager, 1000);
  packager.end();
  const { frames, sound } = await decode(t, output);
  const count = (wanted: string) => source.samples.filter(({ kind }) => kind === wanted).length;
  t.equal(frames, count('video'));
  t.ok(sound >= count('audio') - 2, 'but for what is behind the last picture');
  t.ok(output.fragments.every(({ duration }) => duration === 22_500));
  t.same(
    output.fragments.map(({ independent }) => independent),
    output.fragments.map((_, index) => index % 4 === 0),
  );
  t.equal(output.fragments[4]?.wallClock, 2000);
  t.equal(output.order.filter((what) => what === 'last').length, 3);
  t.equal(output.order.at(-1), 'end', 'the last segment ends early');
});

t.test('frames begin and end on whole microseconds, and audio is never shorter', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  play(await programSource({ seconds: 9 }), packager);
  packager.end();
  // After 8 s a frame of audio ends where a picture does.
  for (const count of [7, 8, 32]) {
    const file = join(t.testdir({}), 'some.mp4');
    const parts = output.fragments.slice(0, count).map(({ bytes }) => bytes);
    await writeFile(file, Buffer.concat([...output.inits, ...parts]));
    const times = await packetTimes(file);
    const sound = times.findLast(({ kind }) => kind === 'audio');
    t.ok((sound?.pts ?? 0) + 1024 > count * 12_000, `${count} parts`);
    const pictures = times.filter(({ kind }) => kind === 'video');
    t.equal(pictures.length, count * 6);
    t.same(
      pictures.filter(({ pts }) => pts % 9 !== 0),
      [],
    );
  }
});

t.test('without parts there is one fragment per group of pictures', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, segmentDuration: 6000 }, output);
  play(source, packager);
  packager.end();
  t.same(output.order, ['init', ...Array(5).fill('fragment'), 'last', 'fragment', 'end']);
  t.equal((await decode(t, output)).frames, 168);
});

t.test('a part waits for its audio', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  packager.format(source.format, { wallClock: 0 });
  const [video, audio] = ['video', 'audio'].map((wanted) => source.samples.filter(({ kind }) => kind === wanted));
  for (const sample of video?.slice(0, 24) ?? []) packager.sample(sample);
  t.equal(output.fragments.length, 0);
  for (const sample of audio?.slice(0, 12) ?? []) packager.sample(sample);
  t.equal(output.fragments.length, 1, '12 x 1024 samples are 0.256 s');
});

t.test('audio continues under a new video encoder, none of it twice', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  const fanout = new ProgramFanout();
  fanout.add(packager);
  // The picture is three seconds behind its audio when, after a second of it, the encoder is replaced.
  const place = ({ kind, time }: ProgramSample) => (kind === 'video' ? time / 90_000 + 3 : time / 48_000);
  const late = source.samples.toSorted((one, other) => place(one) - place(other));
  fanout.format(source.format, { wallClock: 0 });
  for (const sample of late) {
    if (sample.kind === 'video' && sample.time === 90_000) fanout.format(source.format, { wallClock: 0 });
    fanout.sample(sample);
  }
  fanout.end(undefined);
  t.equal(output.inits.length, 2);
  const file = join(t.testdir({}), 'all.mp4');
  await writeFile(file, Buffer.concat([...output.inits.slice(0, 1), ...output.fragments.map(({ bytes }) => bytes)]));
  const sound = (await packetTimes(file)).flatMap(({ kind, pts }) => (kind === 'audio' ? [pts] : []));
  t.ok(sound.length > 320, `${sound.length} frames of sound`);
  t.same(
    sound,
    sound.map((_, index) => index * 1024),
  );
});

t.test('an end or a new format at the start is handled', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  packager.end();
  packager.format(source.format, { wallClock: 0 });
  packager.format({ ...source.format, epoch: 1 }, { wallClock: 0 });
  packager.end();
  t.same(output.order, ['init', 'init'], 'no empty segments');
});

/** A pseudo-random number below 1, the same in each run (Park and Miller). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A frame from a tick up to another. */
type Frame = readonly [tick: number, end: number, keyframe: boolean];

/** What an encoder makes that is starved, eased and replaced at random. */
function starved(frameRate: number, seconds: number, grid: ProgramGrid): Frame[] {
  const next = random(frameRate);
  const frames: Frame[] = [];
  let step = 1;
  for (let tick = 0; tick < seconds * frameRate; ) {
    if (next() < 0.1) step = [1, 1, 2, frameRate][Math.floor(next() * 4)] ?? 1;
    const end = Math.min(tick + step, grid.nextPart(tick));
    frames.push([tick, end, grid.isKeyframe(tick) || next() < 0.01]);
    tick = end;
  }
  return frames;
}

/** @param origin where the program begins, in ms */
function pack(frameRate: number, frames: readonly Frame[], options: PackagerOptions, origin = 0): Output {
  const pictures = source.samples.filter(({ kind }) => kind === 'video');
  const output = new Output();
  const packager = new Packager(options, output);
  const { video, ...rest } = source.format;
  packager.format({ ...rest, video: { ...video, frameRate } }, { wallClock: 0, grid: origin });
  const place = (tick: number) => Math.round((tick * 90_000) / frameRate) + origin * 90;
  let sound = origin * 48;
  for (const [tick, end, keyframe] of frames) {
    const time = place(tick);
    const data = pictures[tick % pictures.length]?.data ?? Buffer.alloc(0);
    packager.sample({ kind: 'video', data, time, duration: place(end) - time, keyframe });
    for (; sound <= (place(end) * 48) / 90; sound += 1024) {
      packager.sample({ kind: 'audio', data: Buffer.alloc(10), time: sound, duration: 1024, keyframe: true });
    }
  }
  packager.end();
  return output;
}

const lengthOf = (fragments: readonly Fragment[]) =>
  fragments.reduce((sum, { duration }) => sum + duration, 0) / 90_000;

/** What breaks the rules that every stream of ours keeps. @param segmentDuration in ms */
function brokenRules(output: Output, segmentDuration: number): unknown[] {
  const longest = Math.max(...output.longest);
  const parts = output.segments.flatMap((fragments) =>
    fragments.filter(({ duration, independent }, index) => {
      const mayBeShort = independent || index === fragments.length - 1;
      return duration > longest || (duration < 0.85 * longest && !mayBeShort);
    }),
  );
  const segments = output.segments.filter(
    (fragments) => Math.round(lengthOf(fragments)) > segmentDuration / 1000 || !fragments[0]?.independent,
  );
  return [...(new Set(output.longest).size === 1 ? [] : ['another longest part']), ...parts, ...segments];
}

t.test('whatever frames are missing, no segment is too long, and no part too long or too short', async (t) => {
  for (const frameRate of [1, 7, 15, 24, 25, 29, 30, 50, 60]) {
    for (const partDuration of [100, 200, 300, 500]) {
      for (const segmentDuration of [1000, 2000, 3000, 6000]) {
        const grid = new ProgramGrid({ frameRate, keyframeInterval: 1000, partDuration });
        const frames = starved(frameRate, 60, grid);
        const name = `${frameRate} frames per second, parts of ${partDuration} ms, segments of ${segmentDuration} ms`;
        const parts = pack(frameRate, frames, { keyframeInterval: 1000, segmentDuration, partDuration }, 1_234_567);
        t.same(brokenRules(parts, segmentDuration), [], name);
        t.equal(parts.inits.length, 1, 'no discontinuity');
        const whole = pack(frameRate, frames, { keyframeInterval: 1000, segmentDuration });
        t.same(brokenRules(whole, segmentDuration), [], `${name}, without parts`);
        for (const { segments } of [parts, whole]) {
          t.ok(Math.abs(lengthOf(segments.flat()) - 60) < 0.001, `${name}: nothing is lost`);
        }
      }
    }
  }
});

t.test('irregular frames keep to the rules with a discontinuity', async (t) => {
  const regular = (from: number, to: number): Frame[] =>
    Array.from({ length: to - from }, (_, index) => [from + index, from + index + 1, (from + index) % 24 === 0]);
  const rows: readonly (readonly [string, readonly Frame[]])[] = [
    ['a hole of three seconds', [...regular(0, 29), ...regular(101, 168)]],
    ['a frame that lasts three seconds', [...regular(0, 29), [29, 101, false], ...regular(101, 168)]],
    ['a keyframe that lasts three seconds', [...regular(0, 48), [48, 120, true], ...regular(120, 168)]],
    ['no keyframes', regular(0, 168).map(([from, to, key]) => [from, to, key && (from < 30 || from > 100)])],
    ['a frame that lasts into the next group', [...regular(0, 44), [44, 50, false], ...regular(50, 168)]],
  ];
  for (const [name, frames] of rows) {
    for (const options of [
      { ...timing, partDuration: 300 },
      { ...timing, segmentDuration: 6000 },
    ]) {
      const output = pack(24, frames, options);
      t.same(brokenRules(output, options.segmentDuration), [], name);
      t.equal(output.inits.length, 2, `${name}: one discontinuity`);
      const before = output.order.slice(0, output.order.lastIndexOf('init'));
      t.match(before.at(-1), /^(last|end)$/, `${name}: the segment before it ends`);
      const rest = output.fragments.slice(before.filter((what) => what === 'fragment' || what === 'last').length);
      const file = join(t.testdir({}), 'rest.mp4');
      await writeFile(file, Buffer.concat([...output.inits.slice(1), ...rest.map(({ bytes }) => bytes)]));
      const times = await packetTimes(file);
      const start = (wanted: string) => times.find(({ kind }) => kind === wanted)?.pts ?? Number.NaN;
      const ahead = start('video') / 90 - start('audio') / 48;
      t.ok(ahead >= 0 && ahead < 22, `${name}: sound begins with the picture, ${ahead} ms before`);
    }
  }
});

t.test('an early keyframe ends the group and the segment', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, partDuration: 300 }, output);
  packager.format(format(), { wallClock: 0 });
  // each 18 frames of 24: three parts are complete when the keyframe comes
  for (let index = 0; index < 18 * 6; index += 1) {
    const shared = { data: Buffer.alloc(10), time: index * 3750, duration: 3750 };
    packager.sample({ kind: 'audio', ...shared, time: index * 2000, duration: 2000, keyframe: true });
    packager.sample({ kind: 'video', ...shared, keyframe: index % 18 === 0 });
  }
  packager.end();
  t.equal(output.order.filter((what) => what === 'last' || what === 'end').length, 3, 'segments end');
  t.ok(output.fragments.every(({ duration }) => duration === 22_500));
});

/** What a camera sends: frames of about its frame rate, keyframes after so many, and one that another format cuts off. */
function passedFrames(interval: number, group: number, seconds: number, last: number): ProgramSample[] {
  const next = random(group);
  const data = Buffer.alloc(100);
  const samples: ProgramSample[] = [];
  for (let [index, time] = [0, 0]; time < seconds * 90_000; index += 1) {
    const duration = Math.round((interval + (next() - 0.5) * 1.5) * 90);
    samples.push({ kind: 'video', data, time, duration, keyframe: index % group === 0 });
    time += duration;
  }
  const [end] = samples.slice(-1);
  return end ? [...samples.slice(0, -1), { ...end, duration: Math.round(last * 90) }] : [];
}

t.test('frames that are passed through keep to the rules between formats', async (t) => {
  for (const [interval, frames] of [
    [40, 4],
    [1000 / 30, 5],
    [50, 3],
    [20, 8],
  ] as const) {
    for (const [group, segmentDuration] of [
      [Math.round(2000 / interval), 2000],
      [Math.round(700 / interval), 2000],
      [1, 2000],
      [Math.round(4000 / interval), 6000],
    ] as const) {
      for (const last of [3, interval, interval + 20]) {
        const output = new Output();
        const parts = segmentDuration === 2000 && { partDuration: 200 };
        const packager = new Packager({ keyframeInterval: 1000, segmentDuration, passthrough: true, ...parts }, output);
        const { video, ...rest } = source.format;
        const composed = { ...rest, video: { ...video, frameRate: 24 } };
        const keyframeInterval = group * interval + 200;
        const target = partTarget(4, 24, true);
        const passed = { keyframeInterval, ...(parts && { part: { frames, target } }) };
        const samples = passedFrames(interval, group, 21 + group / 100, last);
        const end = samples.reduce((sum, { duration }) => sum + duration, 0);
        packager.format(composed, { wallClock: 0 });
        packager.format({ ...composed, epoch: 1, video: { ...composed.video, passed } }, { wallClock: 0 });
        for (const sample of samples) packager.sample(sample);
        for (let sound = 0; sound <= (end * 48) / 90; sound += 1024) {
          packager.sample({ kind: 'audio', data: Buffer.alloc(10), time: sound, duration: 1024, keyframe: true });
        }
        packager.format({ ...composed, epoch: 2 }, { wallClock: 0 });
        const name = `frames of ${interval.toFixed(0)} ms in groups of ${group}, the last of ${last.toFixed(0)} ms`;
        // without parts a fragment may be as long as a group of pictures
        const broken = brokenRules(output, segmentDuration).filter((rule) => parts || Array.isArray(rule));
        t.same(broken, [], name);
        t.ok(Math.abs(lengthOf(output.segments.flat()) - end / 90_000) < 0.03, `${name}: nothing is lost`);
        t.equal(output.inits.length, 3, `${name}: no discontinuity within`);
      }
    }
  }
});
