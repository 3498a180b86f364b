import type { ReceivedFrame } from '../../ingest/frame-assembler.ts';

/** A compressed frame with its capture time on our clock, in ms. */
export interface CapturedFrame extends ReceivedFrame {
  readonly time: number;
}

/** What is kept at most; a longer group of pictures costs more to decode again than to wait for a keyframe. */
const mostPictures = 120;
const mostBytes = 4 * 1024 * 1024;

/** The pictures since the last keyframe, so that a new decoder can begin at once. */
export class Gop {
  #pictures: CapturedFrame[] = [];
  #bytes = 0;

  add(picture: CapturedFrame): void {
    if (picture.key) this.clear();
    else if (this.#pictures.length === 0) return;
    this.#pictures.push(picture);
    this.#bytes += picture.parts.reduce((sum, { length }) => sum + length, 0);
    if (this.#pictures.length > mostPictures || this.#bytes > mostBytes) this.clear();
  }

  clear(): void {
    this.#pictures = [];
    this.#bytes = 0;
  }

  /** All that a new decoder needs; empty when only a keyframe can help. */
  get pictures(): readonly CapturedFrame[] {
    return this.#pictures;
  }
}
