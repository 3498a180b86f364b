import { BufferTarget, EncodedAudioPacketSource, EncodedPacket, OggOutputFormat, Output } from 'mediabunny';
import { opusDuration } from '../../../src/media/rtp/opus-packet.ts';
import { commandOutput, ffmpegOutput } from '../../command-output.ts';
import type { ViewedTrack } from './played-file.ts';

/** A decoded picture in RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

const asPictures = ['-fps_mode', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'];

/** The pictures that a player shows of a file. */
export async function picturesOf(path: string): Promise<Picture[]> {
  return readPictures(await ffmpegOutput(['-i', path, '-map', '0:v:0', ...asPictures]));
}

/** The pictures that a viewer of H264 sees. */
export async function seenPictures(track: ViewedTrack): Promise<Picture[]> {
  const args = ['-hide_banner', '-loglevel', 'error', '-f', 'h264', '-i', 'pipe:0', ...asPictures];
  const decoding = commandOutput('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 30 });
  decoding.child.stdin?.end(track.annexB);
  return readPictures((await decoding).stdout);
}

/** Portable pixmaps: `P6`, the size and 255 in lines, then three bytes for each pixel. */
function readPictures(bytes: Buffer): Picture[] {
  const pictures: Picture[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', at, at + 32)) ?? [];
    if (head === undefined) throw new Error('There is no picture.');
    const size = { width: Number(width), height: Number(height) };
    const start = at + head.length;
    at = start + size.width * size.height * 3;
    pictures.push({ ...size, data: bytes.subarray(start, at) });
  }
  return pictures;
}

/** Mean difference of two pictures, from 0 to 255, up to the size of the smaller one. */
export function difference(a: Picture | undefined, b: Picture | undefined): number {
  if (!a || !b) return 255;
  const [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)];
  let sum = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width * 3; x += 1) {
      sum += Math.abs((a.data[y * a.width * 3 + x] ?? 0) - (b.data[y * b.width * 3 + x] ?? 0));
    }
  }
  return sum / (width * height * 3);
}

/** Times of a track that a viewer sees or hears from its start, in seconds: of the first packet of each frame. */
export function seenTimes({ timestamps }: ViewedTrack, clockRate: number): number[] {
  return timestamps.map((timestamp) => timestamp / clockRate);
}

/** RFC 7845 section 5.1, version 1, stereo, nothing skipped. */
const opusHead = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);

/** The sound of a track, decoded: mono, 48 kHz. */
export async function heardSamples({ packets }: ViewedTrack): Promise<Int16Array> {
  if (packets.length === 0) return new Int16Array();
  const target = new BufferTarget();
  const output = new Output({ format: new OggOutputFormat(), target });
  const source = new EncodedAudioPacketSource('opus');
  output.addAudioTrack(source);
  await output.start();
  let time = 0;
  for (const { payload } of packets) {
    const duration = opusDuration(payload) / 48_000;
    const config = { codec: 'opus', numberOfChannels: 2, sampleRate: 48_000, description: opusHead };
    await source.add(new EncodedPacket(payload, 'key', time, duration), { decoderConfig: config });
    time += duration;
  }
  await output.finalize();
  const args = ['-v', 'error', '-i', 'pipe:0', '-ac', '1', '-f', 's16le', 'pipe:1'];
  const decoding = commandOutput('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  decoding.child.stdin?.end(Buffer.from(target.buffer ?? new ArrayBuffer(0)));
  const { stdout } = await decoding;
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

/** Frequency of a tone in Hz, from the times at which it rises through zero. */
export function frequencyOf(samples: Int16Array): number {
  let crossings = 0;
  for (let index = 1; index < samples.length; index += 1) {
    if ((samples[index - 1] ?? 0) < 0 && (samples[index] ?? 0) >= 0) crossings += 1;
  }
  return (crossings * 48_000) / samples.length;
}
