import type { ReceivedFrame } from '../../ingest/frame-assembler.ts';

/** A compressed frame with its capture time on our clock, in ms. */
export interface CapturedFrame extends ReceivedFrame {
  readonly time: number;
}

/** Limits of the kept group of pictures: a longer one costs more to decode again than waiting for a keyframe. */
export const maxGopFrames = 120;
const maxBytes = 4 * 1024 * 1024;

/** Keeps the frames since the last keyframe, so that a new decoder can start at once. */
export class Gop {
  #frames: CapturedFrame[] = [];
  #bytes = 0;

  add(frame: CapturedFrame): void {
    if (frame.key) this.clear();
    else if (this.#frames.length === 0) return;
    this.#frames.push(frame);
    this.#bytes += frame.parts.reduce((sum, { length }) => sum + length, 0);
    if (this.#frames.length > maxGopFrames || this.#bytes > maxBytes) this.clear();
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }

  /** The frames for a new decoder; empty when a keyframe is needed. */
  get frames(): readonly CapturedFrame[] {
    return this.#frames;
  }
}
