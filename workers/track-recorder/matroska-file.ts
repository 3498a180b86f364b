import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { writeIndex } from '../../src/component/recording/track-file-index.ts';
import { blockHead, clusterHead, startsCluster } from '../../src/media/matroska/matroska-blocks.ts';
import { type MatroskaTrack, matroskaHead } from '../../src/media/matroska/matroska-head.ts';
import { MatroskaIndex } from '../../src/media/matroska/matroska-index.ts';
import { isAt } from '../../src/storage/atomic-file.ts';
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
  /** Called once, when writing has failed. */
  readonly onFailure: (error: Error) => void;
}

/** Maximum number of bytes that wait for a slow disk; beyond it the file fails. */
const maxWaiting = 64 * 1024 * 1024;
const creation = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;

/**
 * A Matroska file with one track that is only appended to: however the process ends, it can be read up to its last block. A block is written
 * to the operating system as soon as it is added. When it is closed it gets a duration and cues.
 */
export class MatroskaFile {
  readonly #options: MatroskaFileOptions;
  readonly #index = new MatroskaIndex();
  #handle: FileHandle | undefined;
  #writing: Promise<void>;
  #waiting = 0;
  /** Time of the current cluster, in ms. */
  #cluster: number | undefined;
  /** Number of written bytes in whole blocks. */
  #length = 0;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MatroskaFileOptions) {
    this.#options = options;
    this.#writing = this.#open().catch((error) => this.#fail(error));
  }

  add(block: MediaBlock): void {
    if (this.#failure || this.#closing) return;
    this.#waiting += block.data.length;
    if (this.#waiting > maxWaiting) return this.#fail(new Error('The disk is too slow for the recording.'));
    this.#writing = this.#writing.then(() => this.#add(block)).catch((error) => this.#fail(error));
  }

  /** Syncs the file to disk. */
  async sync(): Promise<void> {
    if (this.#closing || !this.#handle) return;
    await this.#handle.datasync().catch((error) => this.#fail(error));
    await this.#isThere(this.#handle);
  }

  /** Writes the rest and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    await this.#options.after;
    this.#handle = await open(this.#options.path, creation, 0o640);
  }

  async #add({ data, key, time }: MediaBlock): Promise<void> {
    if (this.#failure) return;
    const isFirst = this.#length === 0;
    const parts = isFirst ? [matroskaHead(matroskaTrack(this.#options.format))] : [];
    const position = this.#length + (parts[0]?.length ?? 0);
    const begins = startsCluster(this.#cluster, time, key);
    const cluster = begins ? time : (this.#cluster ?? time);
    if (begins) parts.push(clusterHead(time));
    parts.push(blockHead(time - cluster, key, data.length), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    await this.#append(Buffer.concat(parts));
    this.#waiting -= data.length;
    this.#cluster = cluster;
    if (begins && key) this.#index.addCue(time, position);
    this.#index.addBlock(time);
  }

  /** Writes whole blocks at the end; nothing is overwritten. */
  async #append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length && this.#handle; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done);
      done += bytesWritten;
    }
    this.#length += bytes.length;
  }

  async #close(): Promise<void> {
    await this.#writing;
    // a full disk may have an incomplete block
    if (this.#failure) await this.#handle?.truncate(this.#length).catch(() => undefined);
    if (!this.#handle) return;
    const isThere = await this.#isThere(this.#handle);
    await this.#handle.close();
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
