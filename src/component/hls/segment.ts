import type { Fragment } from './packager.ts';

/** A segment of a stream, complete or not. */
export class Segment {
  /** Media sequence number. */
  readonly number: number;
  /** Number of its init segment. */
  readonly init: number;
  /** Whether a discontinuity precedes it. */
  readonly discontinuity: boolean;
  /** Its pieces; their bytes are {@link StreamFiles}' business. */
  readonly parts: Pick<Fragment, 'duration' | 'independent'>[] = [];
  /** Wall-clock time of its first frame, in ms since the Unix epoch. */
  wallClock = 0;
  /** Duration in ticks of 90 kHz. */
  duration = 0;
  /** Size in bytes. */
  size = 0;
  complete = false;
  /** Whether it is on disk; undefined until known. */
  stored: boolean | undefined;

  constructor(options: { number: number; init: number; discontinuity: boolean }) {
    this.number = options.number;
    this.init = options.init;
    this.discontinuity = options.discontinuity;
  }

  add({ bytes, duration, independent, wallClock }: Fragment): void {
    if (this.parts.length === 0) this.wallClock = wallClock;
    this.parts.push({ duration, independent });
    this.duration += duration;
    this.size += bytes.length;
  }
}
