import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const limit = { maxBuffer: 256 * 1024 * 1024 };

export interface PatternOptions {
  /** `320x180`. */
  readonly size?: string;
  /** Pictures per second. */
  readonly rate?: number;
  /** What the encoder is told beside the usual. */
  readonly extra?: readonly string[];
}

/** Pictures of a test pattern as an Annex B byte stream, a key frame every 15. */
export async function h264Pattern(pictures: number, options: PatternOptions = {}): Promise<Buffer> {
  const { size = '320x180', rate = 30, extra = [] } = options;
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`, '-frames:v', String(pictures)];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-g',
    '15',
    '-pix_fmt',
    'yuv420p',
  ];
  return await ffmpeg([...source, ...encoder, ...extra, '-f', 'h264', 'pipe:1']);
}

/** Times in seconds of all frames that a decoder makes of a file, whatever state it is in. */
export async function decodedTimes(path: string): Promise<number[]> {
  const shown = ['-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'quiet', ...shown, path], limit);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]));
}

/** What a decoder complains about; nothing when a file is sound. */
export async function decoderComplaints(path: string): Promise<string> {
  return (await run('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], limit)).stderr;
}

async function ffmpeg(args: readonly string[]): Promise<Buffer> {
  const options = { ...limit, encoding: 'buffer' as const };
  return (await run('ffmpeg', ['-v', 'error', ...args], options)).stdout;
}
