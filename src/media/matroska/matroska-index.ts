import { element, elementId, uintElement } from './ebml.ts';
import { trackNumber } from './matroska-head.ts';

/** Maximum duration that is assumed for the last block, in ms. */
const maxLastDuration = 1000;
/** Maximum number of cues: tracks may last for days, and writing the cues must not hold up others. */
const maxCues = 10_000;

/** What is known of the blocks of a file: where one can begin to read, and when they end. */
export class MatroskaIndex {
  /** Clusters that begin with a keyframe; not all of them in a long file. */
  #cues: { readonly time: number; readonly position: number }[] = [];
  /** Minimum distance of two cues, in ms. */
  #distance = 0;
  #last: number | undefined;
  #lastStep = 0;

  /** To be called with the first block of a cluster that begins with a keyframe. @param position of the cluster in the file */
  addCue(time: number, position: number): void {
    const last = this.#cues.at(-1);
    if (last && time - last.time < this.#distance) return;
    this.#cues.push({ time, position });
    if (this.#cues.length <= maxCues) return;
    this.#cues = this.#cues.filter((_, index) => index % 2 === 0);
    this.#distance = (time - (this.#cues[0]?.time ?? time)) / this.#cues.length;
  }

  /** To be called with each block. @param time in ms */
  addBlock(time: number): void {
    if (this.#last !== undefined) this.#lastStep = time - this.#last;
    this.#last = time;
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** End of the last block, in ms. It lasts as long as the one before it. */
  get end(): number {
    return (this.#last ?? 0) + Math.min(Math.max(this.#lastStep, 1), maxLastDuration);
  }

  /** The cues, to be appended to the file; undefined when there are none. @param segment position of the content of the segment */
  cues(segment: number): Buffer | undefined {
    if (this.#cues.length === 0) return undefined;
    return element(elementId.cues, ...this.#cues.map(({ time, position }) => cuePoint(time, position - segment)));
  }
}

function cuePoint(time: number, position: number): Buffer {
  return element(
    elementId.cuePoint,
    uintElement(elementId.cueTime, time),
    element(
      elementId.cueTrackPositions,
      uintElement(elementId.cueTrack, trackNumber),
      uintElement(elementId.cueClusterPosition, position),
    ),
  );
}
