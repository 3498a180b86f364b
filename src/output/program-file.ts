import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { initSegment } from '../media/mp4/init-segment.ts';
import { type FragmentSamples, mediaFragment } from '../media/mp4/media-fragment.ts';
import { type ProgramFormat, type ProgramSample, type ProgramSink, timescale } from '../media/sample.ts';
import { AudioProgress } from '../program/audio-progress.ts';
import { isAt, syncFolder, undefinedIfMissing, unfinishedSuffix } from '../storage/atomic-file.ts';
import { OutputError } from './program-output.ts';

/** Maximum number of audio frames (21 ms each) that wait to be written with the next video frame. Video does not wait. */
const maxAudioFrames = 5;
/** Interval of syncs to disk, in ticks of video: five seconds. */
const syncEvery = 5 * timescale.video;

export interface ProgramFileOptions {
  readonly folder: string;
  /** Name without extension: `room` becomes `room.mp4.part`, and `room-2.mp4.part` when the encoding changes later. */
  readonly name: string;
  /** Called once, when writing has failed, or when the file has been removed or moved: an OutputError. */
  readonly onFailure: (error: Error) => void;
}

/** Samples that are written together. They are collected until their turn comes, so there are more on a slow disk. */
interface Gathered extends FragmentSamples {
  readonly video: ProgramSample[];
  readonly audio: ProgramSample[];
  /** Whether they are queued for writing. */
  queued: boolean;
}

/**
 * Writes a program as a fragmented MP4, which can be read up to its last fragment, however this process ends. Its time starts at its first
 * frame. When everything is written it still has its working name; the store completes it.
 */
export class ProgramFile implements ProgramSink {
  readonly #options: ProgramFileOptions;
  #format: ProgramFormat | undefined;
  #files = 0;
  #fragments = 0;
  #gathered: Gathered = nothing();
  /** Start of the file on the program's timeline, in ticks of video. */
  #base: number | undefined;
  /** Duration that is not synced to disk yet, in ticks of video. */
  #unsynced = 0;
  #audio = new AudioProgress();
  #path = '';
  #handle: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(options: ProgramFileOptions) {
    this.#options = options;
  }

  /** Resolves when all samples have been written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  format(format: ProgramFormat): void {
    // time may jump after a discontinuity, and a fragment has no gap
    this.#flush();
    this.#gathered = nothing();
    const before = this.#format;
    this.#format = format;
    if (!before || !sameEncoding(before, format)) this.#begin(format);
  }

  sample(sample: ProgramSample): void {
    if (this.#failed) return;
    this.#base ??= sample.kind === 'video' ? sample.time : undefined;
    if (this.#base === undefined) return;
    const rebased = this.#rebase(sample, this.#base);
    if (rebased.time < 0) return;
    if (sample.kind === 'audio' && !this.#audio.accept(sample)) return;
    const { video, audio } = this.#gathered;
    if (sample.kind === 'video') video.push(rebased);
    else audio.push(rebased);
    if (video.length > 0 || audio.length >= maxAudioFrames) this.#flush();
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
    this.#base = undefined;
    this.#audio = new AudioProgress();
    const { folder, name } = this.#options;
    const whole = join(folder, `${this.#files === 1 ? name : `${name}-${this.#files}`}.mp4`);
    const path = `${whole}${unfinishedSuffix}`;
    this.#write(async () => {
      await this.#close();
      this.#fragments = 0;
      this.#path = path;
      if (await stat(whole).catch(undefinedIfMissing)) throw new OutputError('storage', 'The recording exists already');
      this.#handle = await open(path, 'wx', 0o640);
      await this.#handle.writeFile(initSegment(format));
      await syncFolder(folder);
    });
  }

  /** Writes a batch in its turn, with the samples that have come until then. */
  #flush(): void {
    const gathered = this.#gathered;
    if (gathered.queued) return;
    gathered.queued = true;
    this.#write(async () => {
      if (this.#gathered === gathered) this.#gathered = nothing();
      await this.#append(gathered);
    });
  }

  async #append(samples: FragmentSamples): Promise<void> {
    if (samples.video.length + samples.audio.length === 0) return;
    this.#fragments += 1;
    await this.#handle?.writeFile(mediaFragment(this.#fragments, samples));
    this.#unsynced += samples.video.reduce((sum, { duration }) => sum + duration, 0);
    if (this.#unsynced >= syncEvery) await this.#sync();
  }

  async #sync(): Promise<void> {
    this.#unsynced = 0;
    await this.#handle?.datasync();
    if (this.#handle) await this.#checkPath(this.#handle);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (!handle) return;
    await handle
      .datasync()
      .then(() => this.#checkPath(handle))
      .finally(() => handle.close());
  }

  async #checkPath(handle: FileHandle): Promise<void> {
    if (!(await isAt(this.#path, handle)))
      throw new OutputError('broken', 'The recording was removed while it was written');
  }

  #write(action: () => Promise<void>): void {
    // after an incomplete write nothing could be read
    const attempt = async () => (this.#failed ? undefined : await action());
    this.#writing = this.#writing.then(attempt).catch((error: Error) => this.#fail(error));
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
  }
}

function nothing(): Gathered {
  return { video: [], audio: [], queued: false };
}

/** Whether two formats can be in one file. The frame rate may differ, as each frame has its duration. */
function sameEncoding(one: ProgramFormat, other: ProgramFormat): boolean {
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
  return (
    same(one.video.decoderConfiguration, other.video.decoderConfiguration) &&
    same(one.audio.decoderConfiguration, other.audio.decoderConfiguration)
  );
}
