import type { Logger } from '../../log/logger.ts';
import type { SupervisedProcess } from '../../process/supervised-process.ts';
import { type AccessUnit, AccessUnitAssembler } from '../../rtp/access-unit-assembler.ts';
import { AnnexBSplitter, toAnnexB } from '../../rtp/annex-b.ts';
import { isSlice, nalType, typeOf } from '../../rtp/nal-unit.ts';
import type { ParameterSets } from '../../rtp/parameter-sets.ts';
import { timestampDistance } from '../../rtp/rtp-packet.ts';
import { videoTranscoder } from '../video-transcoder.ts';

export interface BFrameTranscoderOptions {
  /** Of the source; kept up to date by the caller. */
  readonly sets: ParameterSets;
  readonly logger: Logger;
  /** A picture without B slices, with the timestamp of the source's picture. */
  readonly onPicture: (picture: AccessUnit, timestamp: number) => void;
  /** ffmpeg could not be started, or ended. */
  readonly onFailure: () => void;
}

/** Pictures between in and out; a decoder holds back 16 at most (H.264 A.3.1). */
const mostPending = 24;
/** How much may wait for ffmpeg before pictures are left out, in bytes. */
const mostWaiting = 4 * 1024 * 1024;
/** Ends a picture, so that the parser need not wait for the next one. */
const delimiter = Buffer.from([nalType.accessUnitDelimiter, 0xf0]);

/** H264 with B slices, which browsers do not show, into H264 without: ffmpeg does it. */
export class BFrameTranscoder {
  readonly #options: BFrameTranscoderOptions;
  readonly #process: SupervisedProcess;
  readonly #splitter = new AnnexBSplitter();
  readonly #assembler = new AccessUnitAssembler();
  /** Written before ffmpeg ran. */
  #early: Buffer[] = [];
  #running = false;
  #decodable = false;
  /** Timestamps of pictures that have not come out, in the order of showing. */
  #pending: number[] = [];
  #newest: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: BFrameTranscoderOptions) {
    this.#options = options;
    const { logger } = options;
    this.#process = videoTranscoder({ input: ['-f', 'h264', '-framerate', '25'], codec: 'h264', live: true, logger });
    this.#process.on('exited', ({ expected }) => expected || this.#fail());
    this.#process.start().then(
      () => this.#started(),
      () => this.#fail(),
    );
  }

  /** @param nals of one picture, in order; @param ends whether these are its last */
  write(nals: readonly Buffer[], timestamp: number, ends: boolean): void {
    if (!this.#decodable && !this.#begin(nals)) return;
    if (nals.length > 0) this.#feed(toAnnexB(nals));
    if (nals.some(isSlice) && timestamp !== this.#newest) this.#expect(timestamp);
    if (ends) this.#feed(toAnnexB([delimiter]));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#process.close();
    return this.#closing;
  }

  /** Nothing goes in before a key frame with its parameter sets. */
  #begin(nals: readonly Buffer[]): boolean {
    const sets = this.#options.sets.nals;
    if (sets.length === 0 || !nals.some((nal) => typeOf(nal) === nalType.idrSlice)) return false;
    this.#decodable = true;
    this.#feed(toAnnexB(sets));
    return true;
  }

  #feed(bytes: Buffer): void {
    const { stdin } = this.#process;
    const waiting = this.#running
      ? (stdin?.writableLength ?? 0)
      : this.#early.reduce((sum, { length }) => sum + length, 0);
    if (waiting > mostWaiting) {
      this.#decodable = false;
      return;
    }
    if (!this.#running) this.#early.push(bytes);
    else if (stdin?.writable) stdin.write(bytes);
  }

  #expect(timestamp: number): void {
    this.#newest = timestamp;
    const index = this.#pending.findIndex((each) => timestampDistance(timestamp, each) > 0);
    this.#pending.splice(index < 0 ? this.#pending.length : index, 0, timestamp);
    // pictures that got lost on the way must not delay those after them
    if (this.#pending.length > mostPending) this.#pending.shift();
  }

  #started(): void {
    this.#process.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#running = true;
    const { stdin } = this.#process;
    for (const bytes of this.#early) stdin?.write(bytes);
    this.#early = [];
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    for (const nal of this.#splitter.push(chunk)) {
      const picture = this.#assembler.push(nal);
      const timestamp = picture && this.#pending.shift();
      if (picture && timestamp !== undefined) this.#options.onPicture(picture, timestamp);
    }
  }

  #fail(): void {
    if (!this.#closing) this.#options.onFailure();
  }
}
