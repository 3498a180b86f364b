import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { commandOutput, ffmpegOutput } from './command-output.ts';
import { eventually } from './eventually.ts';

const limit = { maxBuffer: 256 * 1024 * 1024 };

export interface PatternOptions {
  /** `320x180`. */
  readonly size?: string;
  /** Pictures per second. */
  readonly rate?: number;
  /** What the encoder is told beside the usual. */
  readonly extra?: readonly string[];
}

/** Pictures of a test pattern as an Annex B byte stream, a keyframe every 15. */
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
  return await ffmpegOutput([...source, ...encoder, ...extra, '-f', 'h264', 'pipe:1']);
}

/** Times in seconds of all frames that a decoder makes of a file, whatever state it is in. @param kind only these */
export async function decodedTimes(path: string, kind?: 'video' | 'audio'): Promise<number[]> {
  const shown = ['-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
  const chosen = kind ? ['-select_streams', kind.slice(0, 1)] : [];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'quiet', ...chosen, ...shown, path], limit);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]));
}

/** Times in seconds of all packets of a file, decodable or not. */
export async function packetTimes(path: string): Promise<number[]> {
  const shown = ['-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'quiet', ...shown, path], limit);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]));
}

/** Seconds of media in a file, whatever state it is in. */
export async function mediaLength(path: string): Promise<number> {
  const times = await decodedTimes(path);
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
}

/** What the head of a file says of its duration, in s; NaN when it says nothing. */
export async function statedDuration(path: string): Promise<number> {
  const shown = ['-show_entries', 'format=duration', '-of', 'csv=p=0'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'error', ...shown, path], limit);
  return Number.parseFloat(stdout);
}

/** Goes to a time of a file, in s after its beginning. @returns the time of the first frame from there, in s, and the bytes that were read for it */
export async function sought(path: string, time: number): Promise<{ readonly time: number; readonly bytes: number }> {
  const once = ['-copyts', '-map', '0:0', '-frames', '1', '-f', 'framecrc', '-'];
  const { stdout, stderr } = await commandOutput(
    'ffmpeg',
    ['-v', 'debug', '-ss', String(time), '-i', path, ...once],
    limit,
  );
  const [, numerator = '', denominator = ''] = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout) ?? [];
  const [, , pts = ''] = (stdout.split('\n').find((line) => line.startsWith('0,')) ?? '').split(',');
  const bytes = [...stderr.matchAll(/Statistics: (\d+) bytes read/g)].map(([, count]) => Number(count));
  return { time: (Number(pts) * Number(numerator)) / Number(denominator), bytes: Math.max(...bytes) };
}

/** Resolves when something has just been written to each of the files. */
export async function filesGrow(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { size } = await stat(path);
    await eventually(`${path} grows`, async () => (await stat(path)).size > size);
  }
}

/**
 * What a decoder complains about; nothing when a file is in order. That frames follow one another faster than they last is no fault of it:
 * where the machine stood still, many came at once.
 */
export async function decoderComplaints(path: string): Promise<string> {
  const { stderr } = await commandOutput(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-fps_mode', 'passthrough', '-enc_time_base', '1:1000', '-f', 'null', '-'],
    limit,
  );
  const lines = stderr.split('\n').filter((line) => !line.includes('non monotonically increasing dts'));
  return lines.join('\n');
}

/** When a picture becomes bright, in s of the file's clock. @param part to look at, as ffmpeg's crop has it */
export async function flashTimes(path: string, part = 'iw:ih'): Promise<number[]> {
  const frames = await frameFields(
    path,
    'pts_time:frame_tags=lavfi.signalstats.YAVG',
    `movie=${basename(path)},crop=${part},signalstats`,
  );
  const bright = frames.map(({ time, value }) => ({ time, high: value > 120 }));
  return bright.filter(({ high }, index) => high && !bright[index - 1]?.high).map(({ time }) => time);
}

/** When a tone begins, in s of the file's clock. */
export async function beepTimes(path: string): Promise<number[]> {
  const level = 'astats=metadata=1:reset=1:length=0.01';
  const graph = `amovie=${basename(path)},asetnsamples=48,${level}`;
  const frames = await frameFields(path, 'pts_time:frame_tags=lavfi.astats.Overall.Peak_level', graph);
  const loud = frames.map(({ time, value }) => ({ time, high: value > -20 }));
  const edges = loud.filter(({ high }, index) => high && !loud[index - 1]?.high).map(({ time }) => time);
  // a wave passes zero
  return edges.filter((time, index) => index === 0 || time - (edges[index - 1] ?? 0) > 0.5);
}

/** @param graph names the file without its folder, whose name may have colons */
async function frameFields(path: string, fields: string, graph: string) {
  const shown = ['-show_entries', `frame=${fields}`, '-of', 'csv=p=0'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'quiet', '-f', 'lavfi', '-i', graph, ...shown], {
    ...limit,
    cwd: dirname(path),
  });
  return stdout.split('\n').flatMap((line) => {
    const [time = Number.NaN, value = Number.NaN] = line.split(',').map(Number.parseFloat);
    return Number.isNaN(time) ? [] : [{ time, value }];
  });
}
