import type { Clock } from '../../../src/clock/clock.ts';
import { Ffmpeg } from '../../../src/ffmpeg/ffmpeg.ts';
import { ivfFrame, ivfHeader } from '../../../src/media/ivf.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import type { Size } from '../../../src/media/size.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import { type CapturedFrame, Gop } from './gop.ts';
import { fitInside, type RawFrame } from './raw-frame.ts';
import { RawFrameReader } from './raw-frame-reader.ts';

export interface TileDecoderOptions {
  readonly codec: 'video/H264' | 'video/VP8';
  /** Whether all of a frame is shown. Otherwise narrow edges may be cut off, so that it need not be scaled. */
  readonly whole?: boolean;
  readonly clock: Clock;
  /** Called with a decoded frame and the time of the compressed one. `live`: it did not wait for the decoder to start or to catch up. */
  readonly onFrame: (frame: RawFrame, time: number, live: boolean) => void;
  readonly onKeyframeNeeded: () => void;
  /** Called when a decoder has ended or hung and is replaced. */
  readonly onRestart: (fields: Readonly<Record<string, unknown>>) => void;
}

const backoff: Backoff = { firstMs: 50, maxMs: 5000, stableMs: 10_000 };
/** Number of frames inside a decoder beyond which, after this time in ms, it counts as hung. */
const maxPending = 5;
const hangTimeout = 1000;
/** The same for a decoder without output so far, in ms: on a busy machine it starts slowly. */
const startTimeout = 5000;
/** Maximum number of bytes that wait for a decoder; it would not catch up with more. */
const maxQueued = 8 * 1024 * 1024;
/** Maximum change of the aspect ratio that is shown without a new decoder, as a factor: cameras round when they change their resolution. */
const maxDistortion = 1.01;

/**
 * Maximum size of frames that are cut to the size of their tile instead of scaled, as a factor: tiles have margins, which makes them a little
 * smaller than the simulcast layers of usual cameras.
 */
const maxCut = 1.03;

/** Keyframes contain their size. */
const unknownSize: Size = { width: 640, height: 360 };

/** A run of ffmpeg with the frames inside it. */
interface Run {
  /** Size of its frames. */
  readonly size: Size;
  readonly ffmpeg: Ffmpeg;
  readonly reader: RawFrameReader;
  readonly startedAt: number;
  /** Of the frames that it will output. */
  readonly pending: { time: number; live: boolean }[];
  /** Number of frames that were written, whether it outputs them or not. */
  written: number;
  productive: boolean;
  progressAt: number;
}

/** Decodes a track to the size of its tile. After a change of the size or a dead decoder the last frame is shown for a moment. */
export class TileDecoder {
  readonly #options: TileDecoderOptions;
  readonly #gop = new Gop();
  readonly #ending = new Set<Promise<unknown>>();
  #area: Size | undefined;
  /** Size of the compressed frames. */
  #source: Size | undefined;
  /** Whether the last frame was decoded without being output. */
  #skipped = false;
  #run: Run | undefined;
  #attempt = 0;
  #cancelRestart: (() => void) | undefined;
  #closed = false;

  constructor(options: TileDecoderOptions) {
    this.#options = options;
  }

  /** Process id of the current decoder. */
  get pid(): number | undefined {
    return this.#run?.ffmpeg.pid;
  }

  /** Whether it outputs frames. */
  get productive(): boolean {
    return this.#run?.productive ?? false;
  }

  /** Sets the size that frames are scaled to fit; even numbers. */
  resize(width: number, height: number): void {
    if (this.#area?.width === width && this.#area.height === height) return;
    this.#area = { width, height };
    this.#begin();
  }

  /** Stops decoding until {@link resize} is called; the frames since the last keyframe are kept. */
  park(): void {
    this.#area = undefined;
    this.#stop();
  }

  /** @param shown whether it is output; frames that are not cost no scaling */
  decode(frame: CapturedFrame, shown = true): void {
    this.#gop.add(frame);
    this.#source = frame.size ?? this.#source;
    if (this.#run && !this.#suits(this.#run)) this.#begin();
    else if (this.#run) this.#write(this.#run, frame, shown, isLive(this.#run));
    // a keyframe starts a decoder, unless the last one has just died
    else if (frame.key && !this.#cancelRestart) this.#begin();
  }

  /**
   * To be called when no frame has come for a while: outputs the last one, if it was not.
   * @returns whether it can; if not, a keyframe would help, and this is said once
   */
  catchUp(): boolean {
    const run = this.#skipped ? this.#run : undefined;
    this.#skipped = false;
    if (run) this.#repeat(run);
    return !run || this.#gop.frames.length > 0;
  }

  /** To be called when frames are missing: nothing can be decoded until the next keyframe. */
  break(): void {
    this.#gop.clear();
  }

  /** Returns a frame for reuse. */
  recycle(frame: RawFrame): void {
    this.#run?.reader.recycle(frame);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await Promise.all(this.#ending);
  }

  #begin(): void {
    this.#stop();
    if (this.#closed || !this.#area) return;
    if (this.#gop.frames.length === 0) return this.#options.onKeyframeNeeded();
    this.#run = this.#start(fitInside(this.#source ?? this.#area, this.#area));
    this.#repeat(this.#run);
  }

  /** Decodes from the last keyframe on, for the sake of the last frame. */
  #repeat(run: Run): void {
    const { frames } = this.#gop;
    for (const frame of frames) if (run === this.#run) this.#write(run, frame, frame === frames.at(-1), false);
  }

  #stop(): void {
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
    const run = this.#run;
    this.#run = undefined;
    if (run) this.#await(run.ffmpeg.kill());
  }

  /** Whether the decoder's frames have the aspect ratio of the current stream. */
  #suits({ size }: Run): boolean {
    if (!this.#source || !this.#area) return true;
    const { width, height } = fitInside(this.#source, this.#area);
    const distortion = (width * size.height) / (height * size.width);
    return distortion < maxDistortion && distortion > 1 / maxDistortion;
  }

  #start(size: Size): Run {
    const { codec, whole = false, clock, onFrame } = this.#options;
    const ffmpeg = new Ffmpeg(decoderArguments(size, whole ? 1 : maxCut), clock);
    const reader = new RawFrameReader(size, (frame) => {
      const entry = run.pending.shift();
      run.progressAt = clock.now();
      run.productive = true;
      // an unexpected frame is newer than all others
      if (run === this.#run) onFrame(frame, entry?.time ?? clock.now(), entry?.live ?? true);
    });
    const now = clock.now();
    const run: Run = {
      size,
      ffmpeg,
      reader,
      startedAt: now,
      pending: [],
      written: 0,
      productive: false,
      progressAt: now,
    };
    ffmpeg.stdout.on('data', (chunk: Buffer<ArrayBuffer>) => {
      reader.push(chunk);
      // each read allocates a buffer, about 10 MB/s per track: freed now, they need no garbage collection
      if (chunk.length === chunk.buffer.byteLength) chunk.buffer.transfer(0);
    });
    this.#await(ffmpeg.ended.then((end) => run === this.#run && this.#fail('ended', { ...end })));
    ffmpeg.stdin.write(ivfHeader({ ...unknownSize, fourcc: codec === 'video/VP8' ? 'VP80' : 'H264' }));
    return run;
  }

  #write(run: Run, { parts, time }: CapturedFrame, shown: boolean, live: boolean): void {
    const now = this.#options.clock.now();
    if (run.pending.length <= maxPending) run.progressAt = now;
    if (now - run.progressAt > (run.productive ? hangTimeout : startTimeout)) return this.#fail('hangs', {});
    if (run.ffmpeg.stdin.writableLength > maxQueued) return this.#fail('cannot follow', {});
    this.#skipped = !shown;
    if (shown) run.pending.push({ time, live });
    const data = this.#options.codec === 'video/VP8' ? (parts[0] as Buffer) : toAnnexB(parts);
    run.ffmpeg.stdin.write(ivfFrame(data, 2 * run.written + (shown ? 1 : 0)));
    run.written += 1;
  }

  /** Replaces the decoder after the backoff delay. */
  #fail(what: string, fields: Readonly<Record<string, unknown>>): void {
    const run = this.#run;
    this.#stop();
    if (!run) return;
    const { clock, onRestart } = this.#options;
    if (clock.now() - run.startedAt >= backoff.stableMs) this.#attempt = 0;
    const restartInMs = restartDelay(backoff, this.#attempt, 1);
    this.#attempt += 1;
    this.#cancelRestart = clock.schedule(restartInMs, () => this.#begin());
    onRestart({ what, ...fields, restartInMs, lastLines: [...run.ffmpeg.lastLines] });
  }

  #await(promise: Promise<unknown>): void {
    this.#ending.add(promise);
    void promise.finally(() => this.#ending.delete(promise));
  }
}

/** Whether a frame does not wait for the decoder to start, or to repeat others. */
function isLive({ productive, pending }: Run): boolean {
  return productive && pending.every(({ live }) => live);
}

/**
 * Without `-fflags nobuffer`, which drops the frames that are read for probing, including the first keyframe. H264 comes in IVF, too: whole
 * frames need no parser that waits for the next one, and odd times select those that are output. Frames are scaled down by area averaging,
 * which costs less than the default and looks as good, and up by a quick bilinear filter, which costs a fifth less than area averaging. There
 * are both, as the size of a stream changes while it is decoded; one that has nothing to do passes frames on.
 * @param cut maximum factor by which frames are larger that are cut, not scaled
 */
function decoderArguments({ width, height }: Size, cut: number): string[] {
  const isCut = `lte(iw\\,${Math.floor(width * cut)})*lte(ih\\,${Math.floor(height * cut)})`;
  const down = `scale=if(${isCut}\\,iw\\,min(iw\\,${width})):if(${isCut}\\,ih\\,min(ih\\,${height})):flags=area`;
  const edges = `crop=min(iw\\,${width}):min(ih\\,${height}):exact=1`;
  const filters = ['select=mod(pts\\,2)', down, edges, `scale=${width}:${height}:flags=fast_bilinear`];
  return [
    ...['-copyts', '-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0', '-threads', '1', '-f', 'ivf'],
    ...['-i', 'pipe:0', '-filter_threads', '1', '-vf', filters.join(','), '-pix_fmt', 'yuv420p'],
    ...['-fps_mode', 'passthrough', '-threads', '1', '-avioflags', 'direct', '-f', 'rawvideo', 'pipe:1'],
  ];
}
