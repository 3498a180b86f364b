import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../storage/atomic-file.ts';
import { initSegment } from './mp4/init-segment.ts';
import { mediaFragment } from './mp4/media-fragment.ts';
import { type ProgramFormat, type ProgramSample, type ProgramSink, timescale } from './program-sample.ts';

/**
 * Ticks of video that are gathered before they are written: with what is on its way to us, no more than a quarter of a second can be
 * lost.
 */
const fragmentDuration = timescale.video / 20;
/** Ticks of video after which everything is made to survive a loss of power: five seconds. */
const syncEvery = 5 * timescale.video;

export interface ProgramFileOptions {
  readonly folder: string;
  /** Without ending: `room` gives `room.mp4.part`, and `room-2.mp4.part` when the program is encoded differently later. */
  readonly name: string;
  /** Called once when nothing can be written any more. */
  readonly onFailure: (error: Error) => void;
}

/**
 * A program written as fragmented MP4 that is readable up to the last fragment, whatever ends us. Its time begins with its first
 * picture. When all is written it still has its working name; completing it is the store's.
 */
export class ProgramFile implements ProgramSink {
  readonly #options: ProgramFileOptions;
  #format: ProgramFormat | undefined;
  #files = 0;
  #fragments = 0;
  #video: ProgramSample[] = [];
  #audio: ProgramSample[] = [];
  #gathered = 0;
  /** Where the file begins in the program, in ticks of video. */
  #base: number | undefined;
  /** Ticks of video that a loss of power would cost. */
  #unsynced = 0;
  /** End of its sound so far, in samples. */
  #soundEnd = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(options: ProgramFileOptions) {
    this.#options = options;
  }

  /** Resolves when all that was given is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  format(format: ProgramFormat): void {
    this.#flush();
    const before = this.#format;
    this.#format = format;
    if (!before || !sameEncoding(before, format)) this.#begin(format);
  }

  sample(sample: ProgramSample): void {
    this.#base ??= sample.kind === 'video' ? sample.time : undefined;
    if (this.#base === undefined) return;
    const rebased = this.#rebase(sample, this.#base);
    if (rebased.time < 0) return;
    if (sample.kind === 'audio') {
      // Under another encoder of the picture, sound comes again.
      if (rebased.time < this.#soundEnd) return;
      this.#soundEnd = rebased.time + rebased.duration;
      this.#audio.push(rebased);
      return;
    }
    if (this.#gathered >= fragmentDuration) this.#flush();
    this.#video.push(rebased);
    this.#gathered += sample.duration;
  }

  end(): void {
    this.#flush();
    this.#writing = this.#writing.then(() => this.#close()).catch((error: Error) => this.#fail(error));
  }

  #rebase(sample: ProgramSample, base: number): ProgramSample {
    return { ...sample, time: sample.time - Math.round((base * timescale[sample.kind]) / timescale.video) };
  }

  #begin(format: ProgramFormat): void {
    this.#files += 1;
    this.#fragments = 0;
    this.#base = undefined;
    this.#soundEnd = 0;
    const { folder, name } = this.#options;
    const path = join(folder, `${this.#files === 1 ? name : `${name}-${this.#files}`}.mp4.part`);
    this.#write(async () => {
      await this.#close();
      this.#handle = await open(path, 'wx', 0o640);
      await this.#handle.writeFile(initSegment(format));
      await syncFolder(folder);
    });
  }

  #flush(): void {
    const samples = { video: this.#video, audio: this.#audio };
    const gathered = this.#gathered;
    this.#video = [];
    this.#audio = [];
    this.#gathered = 0;
    if (samples.video.length + samples.audio.length === 0) return;
    this.#fragments += 1;
    const number = this.#fragments;
    this.#write(async () => {
      await this.#handle?.writeFile(mediaFragment(number, samples));
      this.#unsynced += gathered;
      if (this.#unsynced >= syncEvery) await this.#sync();
    });
  }

  async #sync(): Promise<void> {
    this.#unsynced = 0;
    await this.#handle?.datasync();
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.datasync().finally(() => handle.close());
  }

  #write(action: () => Promise<void>): void {
    // behind what was written by half nothing could be read
    const attempt = async () => (this.#failed ? undefined : await action());
    this.#writing = this.#writing.then(attempt).catch((error: Error) => this.#fail(error));
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
  }
}

/** Each picture says how long it lasts: another frame rate is no reason for another file. */
function sameEncoding(one: ProgramFormat, other: ProgramFormat): boolean {
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  return (
    same(one.video.decoderConfiguration, other.video.decoderConfiguration) &&
    same(one.audio.decoderConfiguration, other.audio.decoderConfiguration)
  );
}
