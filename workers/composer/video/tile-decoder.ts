import type { Clock } from '../../../src/clock/clock.ts';
import { Ffmpeg } from '../../../src/ffmpeg/ffmpeg.ts';
import { type IvfFormat, ivfFrame, ivfHeader } from '../../../src/media/ivf.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import type { Size } from '../../../src/media/size.ts';
import type { Spawn } from '../../../src/process/child.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import { type CapturedFrame, Gop } from './gop.ts';
import { fitInside, type RawFrame } from './raw-frame.ts';
import { RawFrameReader } from './raw-frame-reader.ts';

export interface TileDecoderOptions {
  readonly codec: 'video/H264' | 'video/VP8';
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
  /** `time` as that of the compressed frame. `live`: it did not have to wait for the decoder to start. */
  readonly onFrame: (frame: RawFrame, time: number, live: boolean) => void;
  readonly onKeyframeNeeded: () => void;
  /** A decoder ended or hung and is replaced. */
  readonly onRestart: (fields: Readonly<Record<string, unknown>>) => void;
}

const backoff: Backoff = { firstMs: 50, maxMs: 5000, stableMs: 10_000 };
/** More frames in the decoder than this, for so many ms, are a fault. */
const maxPending = 5;
const hangTimeout = 1000;
/** A decoder that has made nothing yet is given so many ms: on a busy machine it starts slowly. */
const startTimeout = 5000;
/** Bytes before the decoder that it will not catch up with. */
const maxQueued = 8 * 1024 * 1024;
/** Behind each access unit it makes the parser hand it on at once. */
const delimiter = Buffer.from([0x09, 0xf0]);
/** A frame is shown in another shape up to this, as a factor: cameras round when they change their resolution. */
const maxDistortion = 1.01;

/** Keyframes say their own size, and the times are not looked at. */
const vp8: IvfFormat = { fourcc: 'VP80', width: 640, height: 360 };

/** One ffmpeg with what went in and has not come out yet. */
interface Run {
  /** That of its frames. */
  readonly size: Size;
  readonly ffmpeg: Ffmpeg;
  readonly reader: RawFrameReader;
  readonly startedAt: number;
  readonly pending: { time: number; live: boolean }[];
  written: number;
  productive: boolean;
  progressAt: number;
}

/** Decodes one track to the size of its tile. A new size, or a dead decoder, costs a moment of the last frame. */
export class TileDecoder {
  readonly #options: TileDecoderOptions;
  readonly #gop = new Gop();
  readonly #ending = new Set<Promise<unknown>>();
  #area: Size | undefined;
  /** Of the compressed frames. */
  #source: Size | undefined;
  #run: Run | undefined;
  #attempt = 0;
  #cancelRestart: (() => void) | undefined;
  #closed = false;

  constructor(options: TileDecoderOptions) {
    this.#options = options;
  }

  /** Of the decoder that runs now. */
  get pid(): number | undefined {
    return this.#run?.ffmpeg.pid;
  }

  /** Whether frames come out of it. */
  get productive(): boolean {
    return this.#run?.productive ?? false;
  }

  /** Frames are to fit in here from now on, whole; even numbers. */
  resize(width: number, height: number): void {
    if (this.#area?.width === width && this.#area.height === height) return;
    this.#area = { width, height };
    this.#begin();
  }

  decode(frame: CapturedFrame): void {
    this.#gop.add(frame);
    this.#source = frame.size ?? this.#source;
    if (this.#run && !this.#suits(this.#run)) this.#begin();
    else if (this.#run) this.#write(this.#run, frame, this.#run.productive);
    // a keyframe is worth a decoder, unless the last one died a moment ago
    else if (frame.key && !this.#cancelRestart) this.#begin();
  }

  /** Frames are missing: nothing can be decoded any more until the next keyframe. */
  break(): void {
    this.#gop.clear();
  }

  /** The frame is not needed any more. */
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
    const { frames } = this.#gop;
    if (frames.length === 0) return this.#options.onKeyframeNeeded();
    const run = this.#start(fitInside(this.#source ?? this.#area, this.#area));
    this.#run = run;
    for (const frame of frames) this.#write(run, frame, false);
  }

  #stop(): void {
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
    const run = this.#run;
    this.#run = undefined;
    if (run) this.#await(run.ffmpeg.kill());
  }

  /** Whether the decoder's frames have the shape of what is sent now. */
  #suits({ size }: Run): boolean {
    if (!this.#source || !this.#area) return true;
    const { width, height } = fitInside(this.#source, this.#area);
    const distortion = (width * size.height) / (height * size.width);
    return distortion < maxDistortion && distortion > 1 / maxDistortion;
  }

  #start(size: Size): Run {
    const { codec, clock, spawn, onFrame } = this.#options;
    const ffmpeg = new Ffmpeg(decoderArguments(codec, size), clock, spawn);
    const reader = new RawFrameReader(size, (frame) => {
      const entry = run.pending.shift();
      run.progressAt = clock.now();
      run.productive = true;
      // a frame too many: it is newer than all others
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
      // each read has a buffer of its own, some 10 MB/s per track: given back now, they are nothing to collect
      if (chunk.length === chunk.buffer.byteLength) chunk.buffer.transfer(0);
    });
    this.#await(ffmpeg.ended.then((end) => run === this.#run && this.#fail('ended', { ...end })));
    if (codec === 'video/VP8') ffmpeg.stdin.write(ivfHeader(vp8));
    return run;
  }

  #write(run: Run, { parts, time }: CapturedFrame, live: boolean): void {
    const now = this.#options.clock.now();
    if (run.pending.length <= maxPending) run.progressAt = now;
    if (now - run.progressAt > (run.productive ? hangTimeout : startTimeout)) return this.#fail('hangs', {});
    if (run.ffmpeg.stdin.writableLength > maxQueued) return this.#fail('cannot follow', {});
    run.pending.push({ time, live });
    if (this.#options.codec === 'video/VP8') run.ffmpeg.stdin.write(ivfFrame(parts[0] as Buffer, run.written));
    else run.ffmpeg.stdin.write(toAnnexB([...parts, delimiter]));
    run.written += 1;
  }

  /** Replaces the decoder after a while. */
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

/**
 * Never `-fflags nobuffer`: it throws away what was read for probing, the first keyframe with it. Each pixel that is made is the mean
 * of an area: to make frames smaller this costs less than the usual way and looks as good.
 */
function decoderArguments(codec: TileDecoderOptions['codec'], { width, height }: Size): string[] {
  const format = codec === 'video/H264' ? 'h264' : 'ivf';
  return [
    ...['-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0', '-threads', '1', '-f', format],
    ...['-i', 'pipe:0', '-vf', `scale=${width}:${height}:flags=area`, '-pix_fmt', 'yuv420p'],
    ...['-fps_mode', 'passthrough', '-threads', '1', '-f', 'rawvideo', 'pipe:1'],
  ];
}
