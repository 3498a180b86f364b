import { timescale } from '../../media/sample.ts';
import { fileNames } from './file-names.ts';
import type { Segment } from './segment.ts';
import type { StreamFolder } from './stream-folder.ts';

/** Number of target durations for which media stays in memory; parts are listed for half of that. */
const inMemoryFor = 6;

export interface StreamMediaOptions {
  readonly folder: StreamFolder;
  /** Target duration in seconds. */
  readonly targetDuration: number;
  /** Whether parts are files of their own. */
  readonly parts: boolean;
  /** Whether segments stay on disk after they have left the playlist. */
  readonly persistent: boolean;
  /** Called when a segment that is not on disk leaves the memory. */
  readonly onLost: (segment: Segment) => void;
}

interface Leaving {
  readonly segment: Segment;
  /** Time on the stream's timeline, in ticks. */
  readonly at: number;
}

/** The media of a stream: the newest in memory, all of it on disk. */
export class StreamMedia {
  readonly #options: StreamMediaOptions;
  readonly #memory = new Map<string, Buffer>();
  /** Fragments of the unfinished segment. */
  #pieces: Buffer[] = [];
  #current = '';
  readonly #leavingMemory: Leaving[] = [];
  readonly #leavingDisk: Leaving[] = [];
  /** Segments that are being written to disk. */
  readonly #pending = new Map<Segment, Promise<void>>();
  #elapsed = 0;

  constructor(options: StreamMediaOptions) {
    this.#options = options;
  }

  get(name: string): Buffer | undefined {
    if (name === this.#current && this.#pieces.length > 0) return Buffer.concat(this.#pieces);
    return this.#memory.get(name);
  }

  addInit(number: number, bytes: Buffer): void {
    const name = fileNames.init(number);
    this.#memory.set(name, bytes);
    void this.#options.folder.write(name, bytes);
  }

  /** Adds a fragment to the unfinished segment. */
  add(segment: Segment, bytes: Buffer): void {
    this.#current = fileNames.segment(segment.number);
    this.#pieces.push(bytes);
    this.#options.folder.append(this.#current, bytes);
    if (this.#options.parts) this.#memory.set(fileNames.part(segment.number, segment.parts.length - 1), bytes);
  }

  complete(segment: Segment): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#memory.set(this.#current, bytes);
    if (this.#options.parts) this.#shareBytes(segment, bytes);
    this.#pending.set(segment, this.#store(segment, this.#current, bytes));
    this.#pieces = [];
    this.#elapsed += segment.duration;
    const { targetDuration } = this.#options;
    this.#leavingMemory.push({ segment, at: this.#elapsed + inMemoryFor * targetDuration * timescale.video });
    this.#leave();
  }

  /** To be called when a segment has left a playlist of this duration in ticks: RFC 8216bis section 6.2.2 requires how long it is kept. */
  retire(segment: Segment, playlistDuration: number): void {
    if (this.#options.persistent) return;
    this.#leavingDisk.push({ segment, at: this.#elapsed + segment.duration + playlistDuration });
  }

  /** Resolves when it is known for every segment whether it is on disk. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending.values());
  }

  /** Parts and the segment share their bytes. */
  #shareBytes(segment: Segment, bytes: Buffer): void {
    let at = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      this.#memory.set(fileNames.part(segment.number, index), bytes.subarray(at, at + piece.length));
      at += piece.length;
    }
  }

  async #store(segment: Segment, name: string, bytes: Buffer): Promise<void> {
    segment.stored = await this.#options.folder.complete(name, bytes);
    this.#pending.delete(segment);
  }

  #leave(): void {
    for (let first = this.#leavingMemory[0]; first && first.at < this.#elapsed; first = this.#leavingMemory[0]) {
      const { number, parts, stored } = first.segment;
      if (stored === undefined) break;
      this.#leavingMemory.shift();
      if (!stored) this.#options.onLost(first.segment);
      this.#memory.delete(fileNames.segment(number));
      for (const index of parts.keys()) this.#memory.delete(fileNames.part(number, index));
    }
    for (let first = this.#leavingDisk[0]; first && first.at < this.#elapsed; first = this.#leavingDisk[0]) {
      this.#leavingDisk.shift();
      this.#options.folder.remove(fileNames.segment(first.segment.number));
    }
  }
}
