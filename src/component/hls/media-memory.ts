import { fileNames } from './file-names.ts';

/** A change of what is in memory, to be made in other processes, too. */
export type MediaChange =
  | { readonly type: 'init'; readonly number: number; readonly bytes: Buffer }
  /** The next fragment of the unfinished segment. */
  | { readonly type: 'fragment'; readonly segment: number; readonly bytes: Buffer }
  | { readonly type: 'complete'; readonly segment: number }
  | { readonly type: 'remove'; readonly segment: number };

/** The media of a stream that is in memory, by file name. */
export class MediaMemory {
  readonly #parts: boolean;
  readonly #files = new Map<string, Buffer>();
  readonly #inits = new Map<number, Buffer>();
  /** The fragments of each segment. */
  readonly #segments = new Map<number, Buffer[]>();
  #unfinished: number | undefined;

  /** @param parts whether fragments are files of their own */
  constructor(parts: boolean) {
    this.#parts = parts;
  }

  get(name: string): Buffer | undefined {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || name !== fileNames.segment(unfinished)) return this.#files.get(name);
    return Buffer.concat(this.#segments.get(unfinished) ?? []);
  }

  apply(change: MediaChange): void {
    if (change.type === 'init') this.#addInit(change.number, change.bytes);
    else if (change.type === 'fragment') this.#addFragment(change.segment, change.bytes);
    else if (change.type === 'complete') this.#complete(change.segment);
    else this.#remove(change.segment);
  }

  /** The changes that make all of it out of nothing. */
  changes(): MediaChange[] {
    const inits = Array.from(this.#inits, ([number, bytes]) => ({ type: 'init', number, bytes }) as const);
    const segments = Array.from(this.#segments, ([segment, fragments]): MediaChange[] => [
      ...fragments.map((bytes) => ({ type: 'fragment', segment, bytes }) as const),
      ...(segment === this.#unfinished ? [] : [{ type: 'complete', segment } as const]),
    ]);
    return [...inits, ...segments.flat()];
  }

  #addInit(number: number, bytes: Buffer): void {
    this.#inits.set(number, bytes);
    this.#files.set(fileNames.init(number), bytes);
  }

  #addFragment(segment: number, bytes: Buffer): void {
    const fragments = this.#segments.get(segment) ?? [];
    this.#segments.set(segment, fragments);
    this.#unfinished = segment;
    if (this.#parts) this.#files.set(fileNames.part(segment, fragments.length), bytes);
    fragments.push(bytes);
  }

  /** Parts and the segment share their bytes. */
  #complete(segment: number): void {
    const fragments = this.#segments.get(segment) ?? [];
    const bytes = Buffer.concat(fragments);
    this.#unfinished = undefined;
    this.#files.set(fileNames.segment(segment), bytes);
    let at = 0;
    for (const [index, { length }] of fragments.entries()) {
      fragments[index] = bytes.subarray(at, at + length);
      if (this.#parts) this.#files.set(fileNames.part(segment, index), fragments[index]);
      at += length;
    }
  }

  #remove(segment: number): void {
    for (const index of this.#segments.get(segment)?.keys() ?? []) this.#files.delete(fileNames.part(segment, index));
    this.#files.delete(fileNames.segment(segment));
    this.#segments.delete(segment);
  }
}
