import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from 'mediabunny';
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
 * to the operating system as soon as it is added.
 */
export class MatroskaFile {
  readonly #options: MatroskaFileOptions;
  readonly #output: Output;
  readonly #write: (packet: EncodedPacket) => Promise<void>;
  #handle: FileHandle | undefined;
  #writing: Promise<void>;
  #waiting = 0;
  /** Number of written bytes, and of those in whole blocks. */
  #length = 0;
  #wholeLength = 0;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MatroskaFileOptions) {
    this.#options = options;
    const target = new StreamTarget(new WritableStream({ write: (chunk) => this.#append(chunk) }));
    this.#output = new Output({ format: new MkvOutputFormat({ appendOnly: true }), target });
    this.#write = writerOf(options.format, this.#output);
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
    if (!this.#closing) await this.#handle?.datasync().catch((error) => this.#fail(error));
  }

  /** Writes the rest and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    await this.#options.after;
    this.#handle = await open(this.#options.path, creation, 0o640);
    await this.#output.start();
  }

  async #add({ data, key, time }: MediaBlock): Promise<void> {
    if (this.#failure) return;
    await this.#write(new EncodedPacket(data, key ? 'key' : 'delta', time / 1000, 0));
    this.#waiting -= data.length;
    if (!this.#failure) this.#wholeLength = this.#length;
  }

  /** Writes at the end; nothing is overwritten. */
  async #append({ data }: StreamTargetChunk): Promise<void> {
    try {
      for (let done = 0; done < data.length && this.#handle && !this.#failure; ) {
        const { bytesWritten } = await this.#handle.write(data, done);
        done += bytesWritten;
        this.#length += bytesWritten;
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  async #close(): Promise<void> {
    await this.#writing;
    if (!this.#failure) await this.#output.finalize().catch((error) => this.#fail(error));
    // a full disk may have an incomplete block
    if (this.#failure) await this.#handle?.truncate(this.#wholeLength).catch(() => undefined);
    await this.#handle?.datasync().catch(() => undefined);
    await this.#handle?.close();
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#options.onFailure(error);
  }
}

/** Adds a track of this format. @returns a function that writes a packet of it */
function writerOf(format: TrackFormat, output: Output): (packet: EncodedPacket) => Promise<void> {
  if (format.codec === 'opus') {
    const { codec, description } = format;
    const source = new EncodedAudioPacketSource(codec);
    output.addAudioTrack(source);
    const decoderConfig = { codec, numberOfChannels: opusChannels, sampleRate: 48_000, description };
    return (packet) => source.add(packet, { decoderConfig });
  }
  const source = new EncodedVideoPacketSource(format.codec);
  output.addVideoTrack(source);
  const size = { codedWidth: format.width, codedHeight: format.height };
  const decoderConfig =
    format.codec === 'vp8'
      ? { codec: format.codec, ...size }
      : { codec: format.parameters, ...size, description: format.description };
  return (packet) => source.add(packet, { decoderConfig });
}
