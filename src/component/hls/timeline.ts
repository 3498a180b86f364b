import { timescale } from '../../media/sample.ts';
import type { Fragment } from './packager.ts';
import { Segment } from './segment.ts';

/** RFC 8216bis section 6.2.2: a playlist is never shorter than this many target durations because segments were removed. */
const minWindow = 3;

export interface TimelineOptions {
  /** In seconds. */
  readonly targetDuration: number;
  /** How much of the stream is listed, in seconds; `null` = all. */
  readonly window: number | null;
}

/** The segments of a stream in order, and which of them are listed. */
export class Timeline {
  readonly #window: number;
  /** Complete ones that are listed, oldest first. */
  readonly segments: Segment[] = [];
  /** The one that is being made; without parts at first. */
  current = new Segment({ number: 0, init: 0, discontinuity: false });
  /** Discontinuities that are listed no more. */
  discontinuitySequence = 0;
  #inits = 0;

  constructor({ targetDuration, window }: TimelineOptions) {
    const seconds = window === null ? Number.POSITIVE_INFINITY : Math.max(window, minWindow * targetDuration);
    this.#window = seconds * timescale.video;
  }

  /** What follows needs another init segment. @returns its number */
  addInit(): number {
    const init = this.#inits;
    this.#inits += 1;
    this.current = new Segment({ number: this.current.number, init, discontinuity: init > 0 });
    return init;
  }

  add(fragment: Fragment): void {
    this.current.add(fragment);
  }

  /** The current segment is complete. @returns those that are listed no more */
  complete(): Segment[] {
    const { number, init } = this.current;
    this.segments.push(this.current);
    this.current.complete = true;
    this.current = new Segment({ number: number + 1, init, discontinuity: false });
    return this.#slide();
  }

  /** Of the complete segments that are listed, in ticks. */
  get duration(): number {
    return this.segments.reduce((ticks, { duration }) => ticks + duration, 0);
  }

  find(number: number): Segment | undefined {
    return this.segments[number - (this.segments[0]?.number ?? 0)];
  }

  /** This segment and those before it can be fetched no more. @returns those that are listed no more */
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
