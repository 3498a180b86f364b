import { timescale } from '../../media/sample.ts';
import { fileNames } from './file-names.ts';
import { type MediaChange, MediaMemory } from './media-memory.ts';
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
  /** Called when the memory has changed. */
  readonly onChange?: (change: MediaChange) => void;
}

interface Leaving {
  readonly segment: Segment;
  /** Time on the stream's timeline, in ticks. */
  readonly at: number;
}

/** The media of a stream: the newest in memory, all of it on disk. */
export class StreamMedia {
  readonly #options: StreamMediaOptions;
  readonly #memory: MediaMemory;
  readonly #leavingMemory: Leaving[] = [];
  readonly #leavingDisk: Leaving[] = [];
  /** Segments that are being written to disk. */
  readonly #pending = new Map<Segment, Promise<void>>();
  #elapsed = 0;

  constructor(options: StreamMediaOptions) {
    this.#options = options;
    this.#memory = new MediaMemory(options.parts);
  }

  get(name: string): Buffer | undefined {
    return this.#memory.get(name);
  }

  /** The changes that make the memory out of nothing. */
  changes(): MediaChange[] {
    return this.#memory.changes();
  }

  addInit(number: number, bytes: Buffer): void {
    this.#change({ type: 'init', number, bytes });
    void this.#options.folder.write(fileNames.init(number), bytes);
  }

  /** Adds a fragment to the unfinished segment. */
  add(segment: Segment, bytes: Buffer): void {
    this.#change({ type: 'fragment', segment: segment.number, bytes });
    this.#options.folder.append(fileNames.segment(segment.number), bytes);
  }

  complete(segment: Segment): void {
    const name = fileNames.segment(segment.number);
    this.#change({ type: 'complete', segment: segment.number });
    this.#pending.set(segment, this.#store(segment, name, this.#memory.get(name) ?? Buffer.alloc(0)));
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

  #change(change: MediaChange): void {
    this.#memory.apply(change);
    this.#options.onChange?.(change);
  }

  async #store(segment: Segment, name: string, bytes: Buffer): Promise<void> {
    segment.stored = await this.#options.folder.complete(name, bytes);
    this.#pending.delete(segment);
  }

  #leave(): void {
    for (let first = this.#leavingMemory[0]; first && first.at < this.#elapsed; first = this.#leavingMemory[0]) {
      const { number, stored } = first.segment;
      if (stored === undefined) break;
      this.#leavingMemory.shift();
      if (!stored) this.#options.onLost(first.segment);
      this.#change({ type: 'remove', segment: number });
    }
    for (let first = this.#leavingDisk[0]; first && first.at < this.#elapsed; first = this.#leavingDisk[0]) {
      this.#leavingDisk.shift();
      this.#options.folder.remove(fileNames.segment(first.segment.number));
    }
  }
}
