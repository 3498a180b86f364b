import { EventEmitter, once } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** A clock that a test moves by hand. */
export class HeldClock implements Clock {
  #now: number;
  /** Ms by which the time of day was set forward. */
  #offset = 0;
  readonly #timers = new Set<Timer>();
  readonly #changes = new EventEmitter<{ scheduled: [] }>();

  constructor(now = 0) {
    this.#now = now;
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now + this.#offset;
  }

  /** Somebody sets the time of day; durations are what they were. */
  setTime(time: number): void {
    this.#offset = time - this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  schedule(delay: number, task: () => void): () => void {
    const timer = { due: this.#now + delay, task };
    this.#timers.add(timer);
    this.#changes.emit('scheduled');
    return () => this.#timers.delete(timer);
  }

  /** Waits until at least `count` timers are pending. */
  async whenPending(count: number): Promise<void> {
    while (this.pending < count) await once(this.#changes, 'scheduled');
  }

  /** Advances by `duration` ms and runs the timers that are due, in order of time. */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = next.due;
      next.task();
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    return next;
  }
}
