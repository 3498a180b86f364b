import type { Clock } from '../../../src/clock/clock.ts';
import type { ProcessEnd, Spawn } from '../../../src/process/child.ts';
import type { ProgramSettings } from '../../../src/recorder/media-message.ts';
import { Ffmpeg } from '../ffmpeg.ts';
import type { Canvas } from './canvas-ring.ts';
import type { Effort } from './encoder-load.ts';
import { FlvReader } from './flv-reader.ts';

/** A frame that came out, and the ticks of the program that it covers. */
export interface EncodedFrame {
  readonly tick: number;
  readonly ticks: number;
  readonly data: Buffer;
  readonly keyframe: boolean;
}

export interface EncoderRunOptions {
  readonly settings: ProgramSettings;
  readonly effort: Effort;
  /** Where it begins. */
  readonly firstTick: number;
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
  readonly onConfiguration: (record: Buffer) => void;
  readonly onFrame: (frame: EncodedFrame) => void;
}

/** One x264 encoder from its start to its end: a canvas in, a frame out, in order. */
export class EncoderRun {
  readonly #ffmpeg: Ffmpeg;
  readonly #step: number;
  /** Ticks of the frames that are inside. */
  readonly #inside: { readonly tick: number; ticks: number }[] = [];
  #nextTick: number;
  #produced = 0;
  readonly ended: Promise<ProcessEnd>;

  constructor(options: EncoderRunOptions) {
    const { settings, effort, firstTick, clock, spawn } = options;
    this.#step = effort.step;
    this.#nextTick = firstTick;
    this.#ffmpeg = new Ffmpeg(encoderArguments(settings, effort), clock, spawn);
    const reader = new FlvReader({
      onConfiguration: options.onConfiguration,
      onFrame: (data, keyframe) => {
        const frame = this.#inside.shift();
        this.#produced += 1;
        if (frame) options.onFrame({ ...frame, data, keyframe });
      },
    });
    this.#ffmpeg.stdout.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        // what it writes makes no sense: as good as dead
        void this.#ffmpeg.kill();
      }
    });
    this.ended = this.#ffmpeg.ended;
  }

  get pid(): number | undefined {
    return this.#ffmpeg.pid;
  }

  get lastLines(): readonly string[] {
    return this.#ffmpeg.lastLines;
  }

  /** The first tick that no frame of its covers. */
  get nextTick(): number {
    return this.#nextTick;
  }

  /** Ticks that are inside. */
  get behind(): number {
    return this.#nextTick - (this.#inside[0]?.tick ?? this.#nextTick);
  }

  /** Whether a frame came out already. */
  get productive(): boolean {
    return this.#produced > 0;
  }

  /** Encodes the canvas for all ticks up to this one that have no frame yet. */
  write(canvas: Canvas, tick: number): void {
    while (this.#nextTick <= tick) {
      this.#inside.push({ tick: this.#nextTick, ticks: this.#step });
      this.#nextTick += this.#step;
      canvas.holders += 1;
      this.#ffmpeg.stdin.write(canvas.picture.data, () => {
        canvas.holders -= 1;
      });
    }
  }

  /** Lets the frame before the tick last longer, if it is still inside. @returns whether it was */
  lengthen(tick: number): boolean {
    const last = this.#inside.at(-1);
    if (!last || this.#nextTick > tick) return this.#nextTick > tick;
    last.ticks += tick + 1 - this.#nextTick;
    this.#nextTick = tick + 1;
    return true;
  }

  /** Everything inside comes out before it ends. */
  finish(): Promise<ProcessEnd> {
    return this.#ffmpeg.finish();
  }

  kill(): Promise<ProcessEnd> {
    return this.#ffmpeg.kill();
  }
}

/**
 * What would tell one effort from another in the parameter sets is the same for all: some players, such as ffmpeg, keep the first ones
 * of a stream, and only the level may differ, of small pictures.
 */
const pinned = 'cabac=1:weightp=1';

/** FLV because each frame is one tag, written at once; a byte stream or fragments would hold one frame back. */
function encoderArguments(settings: ProgramSettings, { step, preset }: Effort): string[] {
  const { width, height, videoBitrate, keyframeInterval } = settings;
  const frameRate = settings.frameRate / step;
  const group = String(Math.max(Math.floor((frameRate * keyframeInterval) / 1000), 1));
  const rate = String(videoBitrate);
  return [
    ...['-probesize', '32', '-analyzeduration', '0', '-f', 'rawvideo', '-pix_fmt', 'yuv420p'],
    ...['-s', `${width}x${height}`, '-r', String(frameRate), '-i', 'pipe:0'],
    ...['-c:v', 'libx264', '-preset', preset, '-tune', 'zerolatency', '-profile:v', 'main'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', String(Math.round(videoBitrate / 2))],
    ...['-x264-params', pinned, '-bsf:v', `h264_metadata=tick_rate=${2 * settings.frameRate}`],
    ...['-g', group, '-keyint_min', group, '-sc_threshold', '0', '-bf', '0'],
    ...['-flush_packets', '1', '-f', 'flv', '-flvflags', 'no_duration_filesize', 'pipe:1'],
  ];
}
