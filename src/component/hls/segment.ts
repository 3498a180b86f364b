import type { Fragment } from './packager.ts';

/** A segment of a stream, of which parts are there so far or all. */
export class Segment {
  /** Media sequence number. */
  readonly number: number;
  /** Number of the init segment it needs. */
  readonly init: number;
  /** Whether something else was before. */
  readonly discontinuity: boolean;
  /** Its pieces; their bytes are {@link StreamFiles}' business. */
  readonly parts: Pick<Fragment, 'duration' | 'independent'>[] = [];
  /** Of its first frame, in ms since the Unix epoch. */
  wallClock = 0;
  /** In ticks of 90 kHz. */
  duration = 0;
  /** In bytes. */
  size = 0;
  complete = false;
  /** Whether it is on disk; undefined until that is known. */
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
