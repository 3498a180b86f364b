import type { Clock } from '../../../src/clock/clock.ts';
import type { Spawn } from '../../../src/process/child.ts';
import { type Backoff, restartDelay } from '../../../src/process/restart-policy.ts';
import { toAnnexB } from '../../../src/rtp/annex-b.ts';
import { Ffmpeg } from '../ffmpeg.ts';
import type { EncodedPicture } from '../ingest/picture-assembler.ts';
import { Gop } from './gop.ts';
import { ivfFrame, ivfHeader } from './ivf.ts';
import type { Picture } from './picture.ts';
import { PictureReader } from './picture-reader.ts';

/** A compressed picture with its capture time on our clock, in ms. */
export interface LocatedPicture extends EncodedPicture {
  readonly time: number;
}

export interface TileDecoderOptions {
  readonly codec: 'video/H264' | 'video/VP8';
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
  /** `time` as that of the compressed picture. `live`: it did not have to wait for a new decoder. */
  readonly onPicture: (picture: Picture, time: number, live: boolean) => void;
  readonly onKeyframeNeeded: () => void;
  /** A decoder ended or hung and is replaced. */
  readonly onRestart: (fields: Readonly<Record<string, unknown>>) => void;
}

const backoff: Backoff = { firstMs: 200, longestMs: 5000, stableMs: 10_000 };
/** More pictures in the decoder than this, for so many ms, are a fault. */
const mostPending = 5;
const patience = 1000;
/** A decoder that has made nothing yet is given so many ms: on a busy machine it starts slowly. */
const startPatience = 5000;
/** Bytes before the decoder that it will not catch up with. */
const mostQueued = 8 * 1024 * 1024;
/** Behind each access unit it makes the parser hand it on at once. */
const delimiter = Buffer.from([0, 0, 0, 1, 0x09, 0xf0]);

/** One ffmpeg with what went in and has not come out yet. */
interface Run {
  readonly ffmpeg: Ffmpeg;
  readonly reader: PictureReader;
  readonly startedAt: number;
  readonly pending: { time: number; live: boolean }[];
  written: number;
  productive: boolean;
  progressAt: number;
}

/** Decodes one track to the size of its tile. A new size, or a dead decoder, costs a moment of the last picture. */
export class TileDecoder {
  readonly #options: TileDecoderOptions;
  readonly #gop = new Gop();
  readonly #ending = new Set<Promise<unknown>>();
  #size: { readonly width: number; readonly height: number } | undefined;
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

  /** Pictures come out in this size from now on, whole and with black beside them; even numbers. */
  resize(width: number, height: number): void {
    if (this.#size?.width === width && this.#size.height === height) return;
    this.#size = { width, height };
    this.#begin();
  }

  decode(picture: LocatedPicture): void {
    this.#gop.add(picture);
    if (this.#run) this.#write(this.#run, picture, true);
    // a key frame is worth a decoder, unless the last one died a moment ago
    else if (picture.key && !this.#cancelRestart) this.#begin();
  }

  /** Frames are missing: nothing can be decoded any more until the next key frame. */
  break(): void {
    this.#gop.clear();
  }

  /** The picture is not needed any more. */
  recycle(picture: Picture): void {
    this.#run?.reader.recycle(picture);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await Promise.all(this.#ending);
  }

  #begin(): void {
    this.#stop();
    if (this.#closed || !this.#size) return;
    const { pictures } = this.#gop;
    if (pictures.length === 0) return this.#options.onKeyframeNeeded();
    const run = this.#start(this.#size);
    this.#run = run;
    for (const picture of pictures) this.#write(run, picture, false);
  }

  #stop(): void {
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
    const run = this.#run;
    this.#run = undefined;
    if (run) this.#await(run.ffmpeg.kill());
  }

  #start({ width, height }: { width: number; height: number }): Run {
    const { codec, clock, spawn, onPicture } = this.#options;
    const ffmpeg = new Ffmpeg(decoderArguments(codec, width, height), clock, spawn);
    const reader = new PictureReader(width, height, (picture) => {
      const entry = run.pending.shift();
      run.progressAt = clock.now();
      run.productive = true;
      // a picture too many: it is newer than all others
      if (run === this.#run) onPicture(picture, entry?.time ?? clock.now(), entry?.live ?? true);
    });
    const now = clock.now();
    const run: Run = { ffmpeg, reader, startedAt: now, pending: [], written: 0, productive: false, progressAt: now };
    ffmpeg.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    this.#await(ffmpeg.ended.then((end) => run === this.#run && this.#fail('ended', { ...end })));
    if (codec === 'video/VP8') ffmpeg.stdin.write(ivfHeader());
    return run;
  }

  #write(run: Run, { parts, time }: LocatedPicture, live: boolean): void {
    const now = this.#options.clock.now();
    if (run.pending.length <= mostPending) run.progressAt = now;
    if (now - run.progressAt > (run.productive ? patience : startPatience)) return this.#fail('hangs', {});
    if (run.ffmpeg.stdin.writableLength > mostQueued) return this.#fail('cannot follow', {});
    run.pending.push({ time, live });
    if (this.#options.codec === 'video/VP8') run.ffmpeg.stdin.write(ivfFrame(parts[0] as Buffer, run.written));
    else run.ffmpeg.stdin.write(Buffer.concat([toAnnexB(parts), delimiter]));
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

/** Never `-fflags nobuffer`: it throws away what was read for probing, the first key frame with it. */
function decoderArguments(codec: TileDecoderOptions['codec'], width: number, height: number): string[] {
  const format = codec === 'video/H264' ? 'h264' : 'ivf';
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bilinear`;
  return [
    ...[
      '-flags',
      'low_delay',
      '-probesize',
      '32',
      '-analyzeduration',
      '0',
      '-threads',
      '1',
      '-f',
      format,
      '-i',
      'pipe:0',
    ],
    ...['-vf', `${fit},pad=${width}:${height}:-1:-1`, '-pix_fmt', 'yuv420p', '-fps_mode', 'passthrough'],
    ...['-threads', '1', '-f', 'rawvideo', 'pipe:1'],
  ];
}
