// What the packager cuts, put together again and read by ffmpeg and ffprobe.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { type Fragment, Packager } from '../../../src/component/hls/packager.ts';
import { play, programSource } from '../../recorder/program-source.ts';

const run = promisify(execFile);
const source = await programSource({ seconds: 7 });
const timing = { keyframeInterval: 1000, segmentDuration: 2000 };

/** What comes out, in order. */
class Output {
  readonly inits: Buffer[] = [];
  readonly fragments: Fragment[] = [];
  readonly order: string[] = [];

  init(bytes: Buffer): void {
    this.inits.push(bytes);
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

t.test('an end, and a new format, without anything before', async (t) => {
  const output = new Output();
  const packager = new Packager({ ...timing, wantedPart: 300 }, output);
  packager.end();
  packager.format(source.format, { wallClock: 0 });
  packager.format({ ...source.format, epoch: 1 }, { wallClock: 0 });
  packager.end();
  t.same(output.order, ['init', 'init'], 'no empty segments');
});
