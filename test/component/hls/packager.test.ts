// What the packager cuts, put together again and read by ffmpeg and ffprobe.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { type Fragment, Packager } from '../../../src/component/hls/packager.ts';
import { ProgramFanout } from '../../../src/recorder/program-fanout.ts';
import type { ProgramFormat, ProgramSample } from '../../../src/recorder/program-sample.ts';
import { play, programSource } from '../../recorder/program-source.ts';
import { format } from './running-stream.ts';

const run = promisify(execFile);
const source = await programSource({ seconds: 7 });
const timing = { keyframeInterval: 1000, segmentDuration: 2000 };

/** What comes out, in order. */
class Output {
  readonly inits: Buffer[] = [];
  readonly fragments: Fragment[] = [];
  readonly order: string[] = [];
  readonly longest: number[] = [];

  init(bytes: Buffer, _format: ProgramFormat, longest: number): void {
    this.inits.push(bytes);
    this.longest.push(longest);
    this.order.push('init');
  }

  fragment(fragment: Fragment): void {
    this.fragments.push(fragment);
    this.order.push(fragment.last ? 'last' : 'fragment');
  }

  endSegment(): void {
    this.order.push('end');
  }
}

async function decode(t: Test, output: Output): Promise<{ frames: number; sound: number }> {
  const file = join(t.testdir({}), 'all.mp4');
  await writeFile(file, Buffer.concat([...output.inits.slice(0, 1), ...output.fragments.map(({ bytes }) => bytes)]));
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  t.equal(stderr, '', 'it decodes');
  const { stdout } = await run('ffprobe', [
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
  const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, file]);
  const { packets } = JSON.parse(stdout) as { packets: { codec_type: string; pts: number }[] };
  return packets.map(({ codec_type: kind, pts }) => ({ kind, pts }));
}

t.test('parts: nothing is lost, and nothing comes twice', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
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

t.test('pictures begin and end on whole microseconds, and sound is never shorter', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
  play(await programSource({ seconds: 9 }), packager);
  packager.end();
  // After 8 s a frame of sound ends where a picture does.
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

t.test('without parts: one fragment for each group of pictures', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, segmentDuration: 6000 }, output);
  play(source, packager);
  packager.end();
  t.same(output.order, ['init', ...Array(5).fill('fragment'), 'last', 'fragment', 'end']);
  t.equal((await decode(t, output)).frames, 168);
});

t.test('a part waits for its sound', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
  packager.format(source.format, { wallClock: 0 });
  const [video, audio] = ['video', 'audio'].map((wanted) => source.samples.filter(({ kind }) => kind === wanted));
  for (const sample of video?.slice(0, 24) ?? []) packager.sample(sample);
  t.equal(output.fragments.length, 0);
  for (const sample of audio?.slice(0, 12) ?? []) packager.sample(sample);
  t.equal(output.fragments.length, 1, '12 x 1024 samples are 0.256 s');
});

t.test('sound goes on under another encoder of the picture, and none of it comes twice', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
  const fanout = new ProgramFanout();
  fanout.add(packager);
  // The picture is three seconds behind its sound when, after a second of it, the encoder is replaced.
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

t.test('an end, and a new format, without anything before', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
  packager.end();
  packager.format(source.format, { wallClock: 0 });
  packager.format({ ...source.format, epoch: 1 }, { wallClock: 0 });
  packager.end();
  t.same(output.order, ['init', 'init'], 'no empty segments');
});

t.test('half the frames for a while: the same longest part, none too short, and segments that end', async (t) => {
  for (const frameRate of [15, 24, 25, 30, 50]) {
    const output = new Output();
    const packager = new Packager({ ...timing, wantedPart: 300 }, output);
    let time = 0;
    for (const rate of [frameRate, frameRate / 2, frameRate]) {
      const { video, ...rest } = format();
      packager.format({ ...rest, video: { ...video, frameRate: rate } }, { wallClock: 0 });
      // as encoders do: keyframes are counted in whole frames
      const group = Math.floor(rate);
      for (let index = 0; index < 6 * group; index += 1) {
        const shared = { data: Buffer.alloc(10), duration: 90_000 / rate };
        packager.sample({ kind: 'video', ...shared, time, keyframe: index % group === 0 });
        packager.sample({ kind: 'audio', ...shared, time: (time * 48) / 90, duration: 48_000 / rate, keyframe: true });
        time += shared.duration;
      }
    }
    packager.end();
    const longest = Math.max(...output.longest);
    t.equal(new Set(output.longest).size, 1, `${frameRate}: the target stays`);
    t.same(
      output.fragments.filter(({ duration }) => duration > longest),
      [],
      'no part is longer',
    );
    t.same(
      output.fragments.filter(({ duration, independent, last }) => duration < 0.85 * longest && !independent && !last),
      [],
      'those that do not begin with a keyframe are not much shorter',
    );
    t.ok(longest <= 27_000, 'as long as was asked for at most');
    t.equal(output.order.filter((what) => what === 'last' || what === 'end').length, 9, 'segments of two groups');
  }
});

t.test('a keyframe that comes early ends the group, and the segment with it', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
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
