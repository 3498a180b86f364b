import { PassThrough } from 'node:stream';
import { videoTranscoder } from '../../ffmpeg/video-transcoder.ts';
import type { Logger } from '../../log/logger.ts';
import { type AccessUnit, AccessUnitAssembler } from '../../media/rtp/access-unit-assembler.ts';
import { AnnexBSplitter, toAnnexB } from '../../media/rtp/annex-b.ts';
import { isSlice, nalType, typeOf } from '../../media/rtp/nal-unit.ts';
import type { ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { SupervisedProcess } from '../../process/supervised-process.ts';
import { readFrameTime, writeFrameTime } from './frame-time.ts';

export interface BFrameTranscoderOptions {
  /** Parameter sets of the source, updated by the caller. */
  readonly sets: ParameterSets;
  readonly logger: Logger;
  /** Called for each frame without B slices, with the timestamp of the source's frame. */
  readonly onFrame: (frame: AccessUnit, timestamp: number) => void;
  /** Called when ffmpeg could not be started or has ended. */
  readonly onFailure: () => void;
  /** The process, not started yet. @defaultValue ffmpeg */
  readonly process?: SupervisedProcess;
}

/** Maximum number of bytes that wait for ffmpeg; beyond it frames are dropped. */
const maxQueuedBytes = 4 * 1024 * 1024;
/** Ends a frame, so that the parser does not wait for the next one. */
const delimiter = Buffer.from([nalType.accessUnitDelimiter, 0xf0]);

/** Transcodes H264 with B slices, which browsers do not support, to H264 without, with ffmpeg. */
export class BFrameTranscoder {
  readonly #options: BFrameTranscoderOptions;
  readonly #process: SupervisedProcess;
  readonly #splitter = new AnnexBSplitter();
  readonly #assembler = new AccessUnitAssembler();
  /** What waits for ffmpeg, also until it has been started. */
  readonly #input = new PassThrough();
  #decodable = false;
  /** Timestamp of the frame that is being written. */
  #timestamp: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: BFrameTranscoderOptions) {
    this.#options = options;
    const { logger } = options;
    const input = ['-f', 'h264', '-framerate', '25'];
    this.#process = options.process ?? videoTranscoder({ input, codec: 'h264', live: true, logger });
    this.#process.on('exited', ({ expected }) => expected || this.#fail());
    this.#process.start().then(
      () => this.#started(),
      () => this.#fail(),
    );
  }

  /** Writes units of a frame. @param nals in order @param ends whether they are its last */
  write(nals: readonly Buffer[], timestamp: number, ends: boolean): void {
    if (!this.#decodable && !this.#begin(nals)) return;
    const first = timestamp === this.#timestamp ? -1 : nals.findIndex(isSlice);
    if (first >= 0) this.#timestamp = timestamp;
    const stamped = first < 0 ? nals : nals.toSpliced(first, 0, writeFrameTime(timestamp));
    const bytes = toAnnexB(ends ? [...stamped, delimiter] : stamped);
    if (bytes.length > 0) this.#feed(bytes);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#process.close();
    return this.#closing;
  }

  /** Nothing is written before a keyframe with its parameter sets. */
  #begin(nals: readonly Buffer[]): boolean {
    const sets = this.#options.sets.nals;
    if (sets.length === 0 || !nals.some((nal) => typeOf(nal) === nalType.idrSlice)) return false;
    this.#decodable = true;
    this.#feed(toAnnexB(sets));
    return true;
  }

  #feed(bytes: Buffer): void {
    if (this.#input.writableLength > maxQueuedBytes) this.#decodable = false;
    else this.#input.write(bytes);
  }

  #started(): void {
    const { stdin, stdout } = this.#process;
    stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    if (stdin) this.#input.pipe(stdin);
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    for (const frame of this.#framesOf(chunk)) {
      const times = frame.nals.map(readFrameTime);
      const timestamp = times.find((time) => time !== undefined);
      const nals = frame.nals.filter((_, index) => times[index] === undefined);
      if (timestamp !== undefined) this.#options.onFrame({ ...frame, nals }, timestamp);
    }
  }

  #framesOf(chunk: Buffer): AccessUnit[] {
    try {
      return this.#splitter.push(chunk).flatMap((nal) => this.#assembler.push(nal) ?? []);
    } catch (error) {
      // a source that makes the encoder write too much must not affect anything but its session
      this.#options.logger.warn({ err: error }, 'A transcoder wrote a frame that is too long.');
      this.#fail();
      return [];
    }
  }

  #fail(): void {
    if (!this.#closing) this.#options.onFailure();
  }
}
