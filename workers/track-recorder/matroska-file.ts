import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import PQueue from 'p-queue';
import { systemClock } from '../../src/clock/clock.ts';
import { writeIndex } from '../../src/component/recording/track-file-index.ts';
import { blockHead, clusterHead, startsCluster } from '../../src/media/matroska/matroska-blocks.ts';
import { type MatroskaTrack, matroskaHead } from '../../src/media/matroska/matroska-head.ts';
import { MatroskaIndex } from '../../src/media/matroska/matroska-index.ts';
import { isAt } from '../../src/storage/atomic-file.ts';
import { BatchTimer } from './batch-timer.ts';
import { opusChannels, type TrackFormat } from './track-format.ts';

/** A block of a file. */
export interface MediaBlock {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** On the recording's clock, in ms; not before an earlier block. */
  readonly time: number;
}

export interface MatroskaFileOptions {
  /** Path of the file, which must not exist. */
  readonly path: string;
  readonly format: TrackFormat;
  /** Awaited before anything is written. */
  readonly after?: Promise<unknown>;
  /** @defaultValue one of its own */
  readonly batchTimer?: BatchTimer;
  /** Limits how many files are written at a time. @defaultValue one of its own */
  readonly writes?: PQueue;
  /** Called once, when writing has failed. */
  readonly onFailure: (error: Error) => void;
}

/** A block that waits to be written. */
interface WaitingBlock {
  /** What comes before its data: the beginning of the block, and of the cluster and the file where it is the first. */
  readonly head: readonly Buffer[];
  readonly data: Uint8Array;
  readonly time: number;
  /** Position of the cluster that it begins as a keyframe. */
  readonly cue: number | undefined;
  /** Position of its end. */
  readonly end: number;
}

/** Maximum number of bytes that wait for a slow disk; beyond it the file fails. */
const maxWaiting = 64 * 1024 * 1024;
const creation = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;

/**
 * A Matroska file with one track that is only appended to: however the process ends, it can be read up to its last block. Blocks are
 * written to the operating system in batches, and at once where one can begin to read. When it is closed it gets a duration and cues.
 */
export class MatroskaFile {
  readonly #options: MatroskaFileOptions;
  readonly #index = new MatroskaIndex();
  #handle: FileHandle | undefined;
  #writing: Promise<void>;
  readonly #batchTimer: BatchTimer;
  readonly #writes: PQueue;
  #batch: WaitingBlock[] = [];
  /** Number of bytes that are not written yet. */
  #waiting = 0;
  /** Time of the current cluster, in ms. */
  #cluster: number | undefined;
  /** Position of the next block. */
  #position = 0;
  /** Number of written bytes in whole blocks. */
  #length = 0;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MatroskaFileOptions) {
    this.#options = options;
    this.#batchTimer = options.batchTimer ?? new BatchTimer(systemClock);
    this.#writes = options.writes ?? new PQueue({ concurrency: 1 });
    this.#writing = this.#open().catch((error) => this.#fail(error));
  }

  add({ data, key, time }: MediaBlock): void {
    if (this.#failure || this.#closing) return;
    if (this.#waiting + data.length > maxWaiting)
      return this.#fail(new Error('The disk is too slow for the recording.'));
    const { format } = this.#options;
    const head = this.#position === 0 ? [matroskaHead(matroskaTrack(format))] : [];
    const position = this.#position + (head[0]?.length ?? 0);
    const begins = startsCluster(this.#cluster, time, key);
    const cluster = begins ? time : (this.#cluster ?? time);
    if (begins) head.push(clusterHead(time));
    head.push(blockHead(time - cluster, key, data.length));
    const length = head.reduce((sum, part) => sum + part.length, data.length);
    this.#cluster = cluster;
    this.#position += length;
    this.#waiting += length;
    this.#batch.push({ head, data, time, cue: begins && key ? position : undefined, end: this.#position });
    if (begins || (key && format.codec !== 'opus')) this.#flush();
    else this.#batchTimer.add(this.#flush);
  }

  /** Writes what waits, and syncs the file to disk. */
  async sync(): Promise<void> {
    if (this.#closing || !this.#handle) return;
    const handle = this.#handle;
    this.#flush();
    await this.#writing;
    await handle.datasync().catch((error) => this.#fail(error));
    await this.#isThere(handle);
  }

  /** Writes the rest and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    await this.#options.after;
    this.#handle = await this.#writes.add(() => open(this.#options.path, creation, 0o640));
  }

  readonly #flush = (): void => {
    this.#batchTimer.remove(this.#flush);
    this.#writing = this.#writing
      .then(() => this.#writes.add(() => this.#writeBatch()))
      .catch((error) => this.#fail(error));
  };

  /** Writes the waiting blocks at the end; nothing is overwritten. */
  async #writeBatch(): Promise<void> {
    const blocks = this.#batch;
    if (blocks.length === 0 || !this.#handle) return;
    this.#batch = [];
    const parts = blocks.flatMap(({ head, data }) => [...head, data]);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const start = this.#length;
    let done = 0;
    try {
      done = (await this.#handle.writev(parts)).bytesWritten;
      // a nearly full disk takes some of it
      const bytes = done < length ? Buffer.concat(parts) : undefined;
      while (bytes && done < length) done += (await this.#handle.write(bytes, done)).bytesWritten;
    } finally {
      this.#note(blocks, start + done);
      this.#waiting -= length;
    }
  }

  /** @param end position up to which the blocks are written */
  #note(blocks: readonly WaitingBlock[], end: number): void {
    for (const block of blocks) {
      if (block.end > end) return;
      if (block.cue !== undefined) this.#index.addCue(block.time, block.cue);
      this.#index.addBlock(block.time);
      this.#length = block.end;
    }
  }

  async #close(): Promise<void> {
    this.#flush();
    await this.#writing;
    // a full disk may have an incomplete block
    if (this.#failure) await this.#handle?.truncate(this.#length).catch(() => undefined);
    if (!this.#handle) return;
    const isThere = await this.#isThere(this.#handle);
    // some file systems tell only now that they could not keep what was written
    await this.#handle.close().catch((error) => this.#fail(error));
    // what it lacks then is made up for when the recording is finished
    if (isThere) await writeIndex(this.#options.path, this.#index, this.#length).catch(() => undefined);
  }

  /** Whether the file still has its name. */
  async #isThere(handle: FileHandle): Promise<boolean> {
    // What a file system cannot tell for a moment, it has not removed.
    const isThere = await isAt(this.#options.path, handle).catch(() => true);
    if (!isThere) this.#fail(new Error('A file was removed while it was written.'));
    return isThere;
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#batch = [];
    this.#batchTimer.remove(this.#flush);
    this.#options.onFailure(error);
  }
}

function matroskaTrack(format: TrackFormat): MatroskaTrack {
  if (format.codec === 'opus') {
    const audio = { kind: 'audio', sampleRate: 48_000, channels: opusChannels } as const;
    return { ...audio, codecId: 'A_OPUS', codecPrivate: format.description };
  }
  const video = { kind: 'video', width: format.width, height: format.height } as const;
  if (format.codec === 'vp8') return { ...video, codecId: 'V_VP8' };
  return { ...video, codecId: 'V_MPEG4/ISO/AVC', codecPrivate: format.description };
}
