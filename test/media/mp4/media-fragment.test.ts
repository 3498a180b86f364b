// The boxes are read back by an independent reader: ffprobe.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { initSegment } from '../../../src/media/mp4/init-segment.ts';
import { mediaFragment } from '../../../src/media/mp4/media-fragment.ts';
import type { ProgramSample } from '../../../src/media/sample.ts';
import { commandOutput } from '../../command-output.ts';
import { programSource } from '../../program/program-source.ts';

interface Packet {
  readonly codec_type: string;
  readonly pts: number;
  readonly duration: number;
  readonly size: string;
  readonly flags: string;
}

async function probe(file: string): Promise<{ packets: Packet[]; streams: Record<string, unknown>[] }> {
  const args = ['-v', 'error', '-show_packets', '-show_streams', '-of', 'json', file];
  const { stdout, stderr } = await commandOutput('ffprobe', args, { maxBuffer: 2 ** 26 });
  t.equal(stderr, '', 'nothing to complain about');
  return JSON.parse(stdout);
}

const hour = 3600;
const { format, samples } = await programSource({ seconds: 3 });
const shifted = samples.map((sample) => ({
  ...sample,
  // beyond 32 bits
  time: sample.time + 20 * hour * (sample.kind === 'video' ? 90_000 : 48_000),
}));

async function write(source: readonly ProgramSample[], framesPerFragment: number): Promise<string> {
  const video = source.filter(({ kind }) => kind === 'video');
  const audio = source.filter(({ kind }) => kind === 'audio');
  const pieces = [initSegment(format)];
  for (let from = 0; from < video.length; from += framesPerFragment) {
    const run = video.slice(from, from + framesPerFragment);
    const share = audio.length / video.length;
    const sound = audio.slice(Math.round(from * share), Math.round((from + framesPerFragment) * share));
    pieces.push(mediaFragment(pieces.length, { video: run, audio: sound }));
  }
  const file = join(t.testdir({}), 'out.mp4');
  await writeFile(file, Buffer.concat(pieces));
  return file;
}

t.test('every sample has its place and time', async (t) => {
  const { packets, streams } = await probe(await write(shifted, 7));
  t.match(streams[0], { codec_name: 'h264', width: 320, height: 180, time_base: '1/90000' });
  t.match(streams[1], { codec_name: 'aac', sample_rate: '48000', channels: 1, time_base: '1/48000' });
  for (const kind of ['video', 'audio'] as const) {
    const expected = shifted.filter((sample) => sample.kind === kind);
    const read = packets.filter(({ codec_type }) => codec_type === kind);
    const facts = read.map(({ pts, duration, size, flags }) => [pts, duration, Number(size), flags.startsWith('K')]);
    t.strictSame(
      facts,
      expected.map(({ time, duration, data, keyframe }) => [time, duration, data.length, keyframe]),
      kind,
    );
  }
});

t.test('a fragment can be decoded', async (t) => {
  const file = await write(samples, 6);
  const { stderr } = await commandOutput('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  t.equal(stderr, '');
});

t.test('a fragment may have one kind of media only', async (t) => {
  const video = samples.filter(({ kind }) => kind === 'video').slice(0, 5);
  const file = join(t.testdir({}), 'out.mp4');
  await writeFile(file, Buffer.concat([initSegment(format), mediaFragment(1, { video, audio: [] })]));
  t.equal((await probe(file)).packets.length, 5);
});
