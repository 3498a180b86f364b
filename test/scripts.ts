import { AccessUnitAssembler } from '../src/media/rtp/access-unit-assembler.ts';
import { AnnexBSplitter } from '../src/media/rtp/annex-b.ts';
import { packetizeAccessUnit } from '../src/media/rtp/h264-packetizer.ts';
import { ffmpegOutput } from './command-output.ts';
import type { Script } from './rtp-sender.ts';

export interface VideoScriptOptions {
  /** Source for ffmpeg's lavfi, without a duration, such as `color=red:s=640x360:r=30`. */
  readonly source: string;
  /** Seconds. */
  readonly duration: number;
  readonly frameRate: number;
  /** Frames between keyframes. Default: one second. */
  readonly group?: number;
  readonly codec?: 'h264' | 'vp8';
  readonly bitrate?: string;
  /** What the encoder is told beside the usual. */
  readonly extra?: readonly string[];
}

/** Video that ffmpeg makes, as RTP payloads. */
export async function videoScript(options: VideoScriptOptions): Promise<Script> {
  const { source, duration, frameRate, group = frameRate, codec = 'h264', bitrate = '800k', extra = [] } = options;
  const encoder = codec === 'h264' ? h264Arguments : vp8Arguments;
  const bytes = await ffmpegOutput([
    ...['-f', 'lavfi', '-i', source, '-t', String(duration), '-b:v', bitrate, '-g', String(group)],
    ...encoder.slice(0, -3),
    ...extra,
    ...encoder.slice(-3),
  ]);
  const pictures = codec === 'h264' ? readH264(bytes) : readVp8(bytes);
  const frames = pictures.map((picture, index) => ({ ...picture, time: (index * 1000) / frameRate }));
  return { frames, duration: (frames.length * 1000) / frameRate, clockRate: 90_000 };
}

/** Sound that ffmpeg makes, as Opus packets of 20 ms. @param source for lavfi, such as `sine=440` */
export async function opusScript(source: string, duration: number): Promise<Script> {
  const output = ['-ac', '2', '-ar', '48000', '-c:a', 'libopus', '-b:a', '64k', '-f', 'ogg', 'pipe:1'];
  const packets = readOgg(await ffmpegOutput(['-f', 'lavfi', '-i', source, '-t', String(duration), ...output]));
  const frames = packets
    .slice(0, duration * 50)
    .map((packet, index) => ({ time: index * 20, key: true, payloads: [packet] }));
  return { frames, duration: frames.length * 20, clockRate: 48_000 };
}

const h264Arguments = [
  ...[
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-profile:v',
    'baseline',
    '-pix_fmt',
    'yuv420p',
  ],
  ...['-f', 'h264', 'pipe:1'],
];
const vp8Arguments = [
  ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '0', '-lag-in-frames', '0'],
  ...['-pix_fmt', 'yuv420p', '-f', 'ivf', 'pipe:1'],
];

function readH264(bytes: Buffer) {
  const splitter = new AnnexBSplitter();
  const assembler = new AccessUnitAssembler();
  const units = [...splitter.push(bytes), ...splitter.flush()].map((nal) => assembler.push(nal));
  const whole = [...units, assembler.flush()].filter((unit) => unit !== undefined);
  return whole.map(({ nals, key }) => ({ key, payloads: packetizeAccessUnit(nals) }));
}

function readVp8(bytes: Buffer) {
  const pictures = [];
  for (let at = 32; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const data = bytes.subarray(at + 12, at + 12 + length);
    pictures.push({ key: (data.readUInt8(0) & 1) === 0, payloads: packetizeVp8(data) });
    at += 12 + length;
  }
  return pictures;
}

/** RFC 7741 with the shortest descriptor. */
function packetizeVp8(data: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < data.length; at += 1100) {
    payloads.push(Buffer.concat([Buffer.from([at === 0 ? 0x10 : 0]), data.subarray(at, at + 1100)]));
  }
  return payloads;
}

/** The packets of an Ogg stream (RFC 3533) without its two headers. */
function readOgg(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let page = 0; page < bytes.length; ) {
    const count = bytes.readUInt8(page + 26);
    let at = page + 27 + count;
    for (const size of bytes.subarray(page + 27, page + 27 + count)) {
      parts.push(bytes.subarray(at, at + size));
      at += size;
      if (size === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
    page = at;
  }
  return packets.slice(2);
}
