import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { composeRecording } from '../../../workers/compose/compose-recording.ts';
import { compose } from '../../../workers/compose/composition.ts';
import { ProgressBar } from '../../../workers/compose/progress-bar.ts';
import type { TrackFile } from '../../../workers/compose/track-file.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import { commandOutput, ffmpegOutput } from '../../command-output.ts';
import { beepTimes, decoderComplaints, flashTimes } from '../../recorded-media.ts';
import { opusScript, videoScript } from '../../scripts.ts';
import { PowerLoss } from '../../storage/power-loss.ts';
import { RunningTrackRecorder } from '../track-recorder/running-track-recorder.ts';

const size = { width: 640, height: 360, frameRate: 30, audioChannels: 1 } as const;

/** When the first frame of a track is in the composite, in s: that begins with the first track, however long the worker took to start. */
async function firstFrame(recorder: RunningTrackRecorder, trackId: string): Promise<number> {
  const { report } = await recorder.result();
  const begin = Math.min(...Object.values(report?.tracks ?? {}).map(({ joined = 0 }) => joined / 1e9));
  const [first = 0] = await recorder.timesOf(trackId);
  return first - begin;
}

/** Mean colour of a part of the frame: red, green, blue. */
async function colour(path: string, time: number, crop: string): Promise<number[]> {
  const graph = `crop=${crop},scale=1:1:flags=area`;
  const bytes = await ffmpegOutput([
    ...['-ss', String(time), '-i', path, '-frames:v', '1', '-vf', graph],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ]);
  return [...bytes];
}

t.test('the tracks of a recording become a composite', async (t) => {
  // each second it flashes and beeps
  const flash = `drawbox=c=white:t=fill:enable='lt(mod(t\\,1)\\,0.1)'`;
  const beep = 'aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1):s=48000';
  const first = await videoScript({ source: `color=black:s=640x360:r=30,${flash}`, duration: 4, frameRate: 30 });
  const second = await videoScript({ source: 'color=red:s=320x180:r=30', duration: 2, frameRate: 30, codec: 'vp8' });
  const audio = await opusScript(beep, 4);
  const recorder = await RunningTrackRecorder.start(t);
  const startAt = monotonicClock.now();
  await recorder.publish('video', { script: first, mimeType: 'video/H264', startAt });
  await recorder.publish('audio', { script: audio, mimeType: 'audio/opus', startAt });
  await recorder.recorded(['video', 'audio'], 1.5);
  await recorder.publish('late', { script: second, mimeType: 'video/VP8', origin: 'another' });
  await recorder.recorded(['late'], 1.5);
  await recorder.stop();
  const both = (await firstFrame(recorder, 'late')) + 0.5;

  const shares: number[] = [];
  const path = await composeRecording(recorder.folder, size, { onProgress: (share) => shares.push(share) });
  t.ok(shares.length > 0 && shares.every((share) => share >= 0 && share < 1.2), 'progress is told');
  t.equal(await decoderComplaints(path), '');
  t.strictSame(
    (await readdir(recorder.folder)).filter((name) => name.includes('mp4')),
    ['room.mp4'],
  );
  const [right, left] = ['160:90:400:135', '160:90:80:135'];
  t.same(await colour(path, 0.6, right), await colour(path, 0.6, left), 'one frame at first');
  const [red = 0, green = 255] = await colour(path, both, right);
  t.ok(red > 180 && green < 80, 'then two tiles');
  const [ownRed = 255, ownGreen = 0] = await colour(path, both, left);
  t.ok(Math.abs(ownRed - ownGreen) < 60, 'the first one is black, or white');
  // until then sender reports have had their effect
  const settled = (await firstFrame(recorder, 'video')) + 0.9;
  const flashes = (await flashTimes(path, left)).filter((time) => time > settled);
  const beeps = await beepTimes(path);
  t.ok(flashes.length >= 2, `${flashes}`);
  const offsets = flashes.map((time) => Math.min(...beeps.map((other) => Math.abs(other - time))) * 1000);
  t.same(
    offsets.filter((offset) => !(offset <= 45)),
    [],
    `in step: ${offsets} ms; ${flashes}; ${beeps}`,
  );
  await t.rejects(composeRecording(recorder.folder, size), /exists already/);
});

t.test('each file starts when its track did', async (t) => {
  const track = (origin: string, start: number, end: number, kind: 'audio' | 'video' = 'video'): TrackFile => {
    return {
      path: `${origin}.mkv`,
      kind,
      origin,
      screenshare: false,
      start,
      end,
      firstPacket: start + 0.5,
      silences: [],
      order: 0,
    };
  };
  const { inputs, duration } = compose([track('a', 10, 20), track('b', 12, 15), track('c', 11, 20, 'audio')], size);
  t.equal(duration, 10);
  t.strictSame(
    inputs.map(({ offset }) => offset),
    [0.5, 2.5, 1.5],
  );
});

t.test('a peer with audio only has a tile', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const audio = await opusScript('sine=440', 2);
  await recorder.publish('audio', { script: audio, mimeType: 'audio/opus', origin: 'quiet' });
  await recorder.recorded(['audio'], 1);
  await recorder.stop();
  const disk = await PowerLoss.watch(t, recorder.folder);
  const path = await composeRecording(recorder.folder, size);
  const left = t.testdir();
  await disk.restore(left);
  t.ok((await readFile(join(left, 'room.mp4'))).equals(await readFile(path)), 'it survives a power loss');
  const [ground = 0] = await colour(path, 0.5, '40:40:20:20');
  const [head = 0] = await colour(path, 0.5, '20:20:310:130');
  const [shoulders = 0] = await colour(path, 0.5, '20:20:310:270');
  t.ok(ground > 30 && ground < 70, `grey: ${ground}`);
  t.ok(head > ground + 30 && shoulders > ground + 30, `lighter: ${head}, ${shoulders}`);
});

t.test('a size and shape that changes within a file is composed', async (t) => {
  const recorder = await RunningTrackRecorder.start(t);
  const source = (name: string) =>
    ({ source: `color=${name}:r=15`, duration: 1, frameRate: 15, codec: 'vp8' }) as const;
  const wide = await videoScript(source('red:s=320x180'));
  const tall = await videoScript(source('blue:s=90x160'));
  const tone = await opusScript('sine=440', 2);
  const sender = await recorder.publish('video', { script: wide, mimeType: 'video/VP8' });
  await recorder.publish('audio', { script: tone, mimeType: 'audio/opus' });
  await recorder.recorded(['video', 'audio'], 1.2);
  sender.change(tall);
  await recorder.recorded(['video', 'audio'], 2.8);
  await recorder.stop();
  const begin = await firstFrame(recorder, 'video');
  t.equal((await recorder.filesOf('video')).length, 1);
  const path = await composeRecording(recorder.folder, size);
  const column = (crop: string) =>
    ffmpegOutput([
      '-ss',
      String(begin + 0.2),
      '-i',
      path,
      '-vf',
      `crop=${crop},scale=1:1`,
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ]);
  const middle = await column('40:40:300:160');
  const isColoured = (at: number) => Math.max(middle[at] ?? 0, middle[at + 2] ?? 0) > 100;
  t.ok(Array.from({ length: middle.length / 3 }, (_, index) => index * 3).every(isColoured), 'without a break');
  const side = await column('40:40:20:160');
  t.ok((side[0] ?? 0) > 180 && (middle[0] ?? 0) > 180, 'wide and red');
  t.ok((side.at(-3) ?? 255) < 50 && (side.at(-1) ?? 255) < 50 && (middle.at(-1) ?? 0) > 180, 'then tall and blue');
  const audio = await ffmpegOutput(['-i', path, '-f', 's16le', '-ac', '1', '-ar', '1000', 'pipe:1']);
  const frames = middle.length / 3 / size.frameRate + begin + 0.2;
  t.ok(Math.abs(audio.length / 2000 - frames) < 0.3, `${audio.length / 2000} s of audio for ${frames} s`);
});

t.test('the command composes a folder', async (t) => {
  const main = join(import.meta.dirname, '../../../workers/compose/main.ts');
  await t.rejects(commandOutput(process.execPath, [main]), { code: 2, stderr: /usage/ });
  await t.rejects(commandOutput(process.execPath, [main, '/nowhere']), { code: 1, stderr: /not a finished recording/ });
});

t.test('live programs have priority', async (t) => {
  const watch = "import { getPriority } from 'node:os'; process.on('exit', () => console.log(getPriority()))";
  const args = ['--import', `data:text/javascript,${watch}`, 'workers/compose/main.ts', t.testdir({})];
  const { stdout } = await commandOutput(process.execPath, args).catch((error: { readonly stdout: string }) => error);
  t.equal(stdout, '19\n');
});

t.test('progress is a bar on a terminal and lines elsewhere', async (t) => {
  const show = (isTTY: boolean) => {
    const output = Object.assign(new PassThrough(), { isTTY });
    const bar = new ProgressBar(output);
    for (const share of [0.04, 0.05, 0.31, 0.32]) bar.update(share);
    bar.end();
    return output.read().toString();
  };
  t.equal(show(false), '31 %\n100 %\n');
  t.match(show(true), /\r\[#{12}-{28}\] 31 %/);
  t.match(show(true), /100 %\n$/);
});
