import { timescale } from '../../media/sample.ts';
import type { Fragment } from './packager.ts';
import { Segment } from './segment.ts';

/** Minimum number of target durations in a playlist after segments were removed: RFC 8216bis section 6.2.2. */
const minWindow = 3;

export interface TimelineOptions {
  /** Target duration in seconds. */
  readonly targetDuration: number;
  /** Duration that is listed, in seconds; `null`: all. */
  readonly window: number | null;
}

/** The segments of a stream, and which of them are listed. */
export class Timeline {
  readonly #window: number;
  /** Complete listed segments, oldest first. */
  readonly segments: Segment[] = [];
  /** The unfinished segment; without parts at first. */
  current = new Segment({ number: 0, init: 0, discontinuity: false });
  /** Number of discontinuities that have left the playlist. */
  discontinuitySequence = 0;
  #inits = 0;

  constructor({ targetDuration, window }: TimelineOptions) {
    const seconds = window === null ? Number.POSITIVE_INFINITY : Math.max(window, minWindow * targetDuration);
    this.#window = seconds * timescale.video;
  }

  /** To be called before media of another format. @returns the number of its init segment */
  addInit(): number {
    const init = this.#inits;
    this.#inits += 1;
    this.current = new Segment({ number: this.current.number, init, discontinuity: init > 0 });
    return init;
  }

  add(fragment: Fragment): void {
    this.current.add(fragment);
  }

  /** Completes the current segment. @returns segments that have left the playlist */
  complete(): Segment[] {
    const { number, init } = this.current;
    this.segments.push(this.current);
    this.current.complete = true;
    this.current = new Segment({ number: number + 1, init, discontinuity: false });
    return this.#slide();
  }

  /** Duration of the complete listed segments, in ticks. */
  get duration(): number {
    return this.segments.reduce((ticks, { duration }) => ticks + duration, 0);
  }

  find(number: number): Segment | undefined {
    return this.segments[number - (this.segments[0]?.number ?? 0)];
  }

  /** To be called when this segment and those before it cannot be fetched any more. @returns segments that have left the playlist */
  forget({ number }: Segment): Segment[] {
    const first = this.segments[0]?.number ?? number + 1;
    return this.#remove(Math.max(0, number - first + 1));
  }

  #slide(): Segment[] {
    let duration = this.duration;
    let gone = 0;
    for (const segment of this.segments) {
      if (duration - segment.duration < this.#window) break;
      duration -= segment.duration;
      gone += 1;
    }
    return this.#remove(gone);
  }

  #remove(count: number): Segment[] {
    const gone = this.segments.splice(0, count);
    this.discontinuitySequence += gone.filter(({ discontinuity }) => discontinuity).length;
    return gone;
  }
}
