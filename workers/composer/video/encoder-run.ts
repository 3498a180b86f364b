import type { Clock } from '../../../src/clock/clock.ts';
import { Ffmpeg } from '../../../src/ffmpeg/ffmpeg.ts';
import { ivfFrameHeader, ivfHeader } from '../../../src/media/ivf.ts';
import type { ProcessEnd } from '../../../src/process/child.ts';
import type { ProgramSettings } from '../../../src/program/composer-message.ts';
import { ProgramGrid } from '../../../src/program/program-grid.ts';
import type { Canvas } from './canvas-ring.ts';
import type { Preset } from './encoder-load.ts';
import { FlvReader } from './flv-reader.ts';

/** An encoded frame with the ticks of the program that it covers. */
export interface EncodedFrame {
  readonly tick: number;
  readonly ticks: number;
  readonly data: Buffer;
  readonly keyframe: boolean;
}

export interface EncoderRunOptions {
  readonly settings: ProgramSettings;
  readonly preset: Preset;
  /** Its first tick, which is a keyframe. */
  readonly firstTick: number;
  readonly clock: Clock;
  readonly onConfiguration: (record: Buffer) => void;
  readonly onFrame: (frame: EncodedFrame) => void;
}

/** One run of an x264 encoder: one frame out for each canvas in, in order. */
export class EncoderRun {
  readonly #ffmpeg: Ffmpeg;
  readonly #grid: ProgramGrid;
  readonly #firstTick: number;
  /** Ticks of the frames inside the encoder. */
  readonly #inside: Pick<EncodedFrame, 'tick' | 'ticks'>[] = [];
  #nextTick: number;
  #produced = 0;
  readonly preset: Preset;
  readonly ended: Promise<ProcessEnd>;

  constructor(options: EncoderRunOptions) {
    const { settings, preset, firstTick, clock } = options;
    this.preset = preset;
    this.#grid = new ProgramGrid(settings);
    this.#firstTick = firstTick;
    this.#nextTick = firstTick;
    const { group } = this.#grid;
    const keyframes = keyframeExpression(settings.frameRate, group, firstTick % group);
    this.#ffmpeg = new Ffmpeg(encoderArguments(settings, preset, keyframes), clock);
    this.#ffmpeg.stdin.write(ivfHeader({ ...settings, fourcc: 'I420' }));
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
        // its output is invalid: end it
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

  /** The first tick after its frames. */
  get nextTick(): number {
    return this.#nextTick;
  }

  /** Whether it has output a frame. */
  get productive(): boolean {
    return this.#produced > 0;
  }

  /**
   * Encodes the canvas for all ticks up to this one that have no frame.
   * @param step ticks per frame, fewer where the grid requires it
   */
  write(canvas: Canvas, tick: number, step: number): void {
    while (this.#nextTick <= tick) this.#encode(canvas, this.#end(step));
  }

  /**
   * As {@link write}, but frames are encoded at their last tick, so that they can still be ended earlier.
   * @returns the number of ticks that wait for it
   */
  hold(canvas: Canvas, tick: number, step: number): number {
    while (this.#end(step) <= tick + 1) this.#encode(canvas, this.#end(step));
    return Math.max(tick + 1 - this.#nextTick, 0);
  }

  /** Ends the input. All frames inside are output before it ends. */
  finish(): Promise<ProcessEnd> {
    return this.#ffmpeg.finish();
  }

  kill(): Promise<ProcessEnd> {
    return this.#ffmpeg.kill();
  }

  /** End of the next frame. */
  #end(step: number): number {
    return Math.min(this.#nextTick + step, this.#grid.nextPart(this.#nextTick));
  }

  #encode(canvas: Canvas, end: number): void {
    const { stdin } = this.#ffmpeg;
    const { data } = canvas.frame;
    const tick = this.#nextTick;
    this.#nextTick = end;
    this.#inside.push({ tick, ticks: end - tick });
    canvas.holders += 1;
    stdin.cork();
    stdin.write(ivfFrameHeader(data.length, tick - this.#firstTick));
    stdin.write(data, () => {
      canvas.holders -= 1;
    });
    stdin.uncork();
  }
}

/**
 * Options that make the parameter sets of all presets the same, so that a change of the preset needs no discontinuity. Some players, such as
 * ffmpeg, keep the first parameter sets of a stream.
 */
const pinned = 'cabac=1:weightp=1';

/**
 * The expression for keyframes: the first frame, and the first frame of each group of ticks.
 * @param phase ticks of the current group before the first frame
 */
function keyframeExpression(frameRate: number, group: number, phase: number): string {
  // times are not exact: half a tick of tolerance
  const groupOf = (time: string) => `floor((${time}*${frameRate}+${phase}.5)/${group})`;
  return `expr:if(isnan(prev_forced_t),1,gt(${groupOf('t')},${groupOf('prev_forced_t')}))`;
}

/**
 * Number of threads that share each frame. More threads cost more (a fifth at twelve), and the default is more than the number of
 * processors; a single one does not keep up on a busy machine.
 */
const threads = '2';

/**
 * Frames are input with their first tick, so that frames can be left out. The output is FLV, which has one tag per frame, written at once; a
 * byte stream or fragments would delay a frame.
 */
function encoderArguments(settings: ProgramSettings, preset: Preset, keyframes: string): string[] {
  const { frameRate, videoBitrate } = settings;
  const rate = String(videoBitrate);
  return [
    ...['-probesize', '32', '-analyzeduration', '0', '-f', 'ivf', '-i', 'pipe:0'],
    ...['-fps_mode', 'passthrough', '-enc_time_base', `1:${frameRate}`],
    ...['-c:v', 'libx264', '-threads', threads, '-preset', preset, '-tune', 'zerolatency', '-profile:v', 'main'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', String(Math.round(videoBitrate / 2))],
    ...['-x264-params', `${pinned}:fps=${frameRate}`, '-bsf:v', `h264_metadata=tick_rate=${2 * frameRate}`],
    // no further keyframes
    ...['-force_key_frames', keyframes, '-g', '1000000000', '-sc_threshold', '0', '-bf', '0'],
    ...['-flush_packets', '1', '-f', 'flv', '-flvflags', 'no_duration_filesize', 'pipe:1'],
  ];
}
