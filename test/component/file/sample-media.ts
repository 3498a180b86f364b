import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { commandOutput } from '../../command-output.ts';

const picture = (frames: number, rate: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${rate}:duration=${frames / rate}`],
];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads', '1'];

/** A resources folder with files that ffmpeg makes. */
export class SampleMedia {
  readonly resources: string;

  private constructor(resources: string) {
    this.resources = resources;
  }

  static async open(t: Test): Promise<SampleMedia> {
    const resources = await mkdtemp(join(tmpdir(), 'shoal-media-'));
    t.teardown(() => rm(resources, { recursive: true, force: true, maxRetries: 5 }));
    return await SampleMedia.at(resources);
  }

  /** In a folder that exists, and that somebody else removes. */
  static async at(resources: string): Promise<SampleMedia> {
    const media = new SampleMedia(resources);
    await mkdir(media.folder, { recursive: true });
    return media;
  }

  /** Where File components look. */
  get folder(): string {
    return join(this.resources, 'file_component_sources');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Raw H264. */
  async h264(name: string, options: { frames?: number; rate?: number; gop?: number; bFrames?: number } = {}) {
    const { frames = 30, rate = 30, gop = 15, bFrames = 0 } = options;
    const coding = ['-bf', String(bFrames), '-b_strategy', '0', '-g', String(gop), '-sc_threshold', '0', '-f', 'h264'];
    await this.#make(name, [...picture(frames, rate), ...x264, ...coding]);
  }

  async opus(name: string, seconds = 1, channels = 1): Promise<void> {
    const coding = ['-ac', String(channels), '-c:a', 'libopus', '-frame_duration', '20'];
    await this.#make(name, [...tone(seconds), ...coding]);
  }

  /** @param audio an encoder of ffmpeg */
  async mp4(name: string, { frames = 30, bFrames = 0, audio = 'aac' } = {}): Promise<void> {
    const video = [...x264, '-bf', String(bFrames), '-b_strategy', '0', '-g', '15'];
    await this.#make(name, [...picture(frames, 30), ...tone(frames / 30), ...video, '-c:a', audio, '-shortest']);
  }

  /** @param video an encoder of ffmpeg */
  async webm(name: string, { frames = 30, video = 'libvpx' } = {}): Promise<void> {
    const coding = ['-c:v', video, '-deadline', 'realtime', '-cpu-used', '8', '-g', '15', '-c:a', 'libopus'];
    await this.#make(name, [...picture(frames, 30), ...tone(frames / 30), ...coding]);
  }

  /** Anything else. @param args of ffmpeg, without the output */
  async other(name: string, args: readonly string[]): Promise<void> {
    await this.#make(name, [...args]);
  }

  async #make(name: string, args: string[]): Promise<void> {
    await commandOutput('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args, this.path(name)]);
  }
}

/** How many pictures a decoder makes of a byte stream. @param format `h264` or `ivf` */
export async function decodedFrames(stream: Buffer, format = 'h264'): Promise<number> {
  const args = ['-hide_banner', '-loglevel', 'error', '-f', format, '-i', 'pipe:0', '-fps_mode', 'passthrough'];
  const decoding = commandOutput('ffmpeg', [...args, '-f', 'framecrc', 'pipe:1'], { maxBuffer: 2 ** 26 });
  decoding.child.stdin?.end(stream);
  const { stdout, stderr } = await decoding;
  if (stderr !== '') throw new Error(`The decoder complained: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}
