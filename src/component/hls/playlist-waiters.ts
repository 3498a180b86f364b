import type { Clock } from '../../clock/clock.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { PlaylistPosition } from './stream-progress.ts';

/** Interval of checks for timeouts, in ms: all waiters share one timer. */
const sweepInterval = 1000;

interface Waiter {
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface WaitersOfPosition {
  readonly position: PlaylistPosition;
  readonly waiters: Waiter[];
}

/** Requests that wait for a position of a playlist, in one list per position. */
export class PlaylistWaiters {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #lists = new Map<string, WaitersOfPosition>();
  #cancelSweep: (() => void) | undefined;

  /** @param timeout maximum time to wait, in ms; it may be a second more */
  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  get count(): number {
    let count = 0;
    for (const { waiters } of this.#lists.values()) count += waiters.length;
    return count;
  }

  /** Waits for a position. @throws ShoalError playlistLate */
  wait(position: PlaylistPosition): Promise<void> {
    const key = `${position.segment}.${position.part ?? ''}`;
    const list = this.#lists.get(key) ?? { position, waiters: [] };
    this.#lists.set(key, list);
    this.#cancelSweep ??= this.#clock.schedule(sweepInterval, () => this.#sweep());
    return new Promise((resolve, reject) => {
      list.waiters.push({ since: this.#clock.monotonic(), resolve, reject });
    });
  }

  /** Wakes all waiters whose position has been reached. */
  wake(isThere: (position: PlaylistPosition) => boolean): void {
    for (const [key, { position, waiters }] of this.#lists) {
      if (!isThere(position)) continue;
      this.#lists.delete(key);
      for (const { resolve } of waiters) resolve();
    }
    this.#rest();
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const oldest = this.#clock.monotonic() - this.#timeout;
    for (const [key, { waiters }] of this.#lists) {
      // Waiters are in the order of arrival.
      const patient = waiters.findIndex(({ since }) => since >= oldest);
      const late = waiters.splice(0, patient < 0 ? waiters.length : patient);
      if (waiters.length === 0) this.#lists.delete(key);
      for (const { reject } of late) reject(new ShoalError('playlistLate'));
    }
    if (this.#lists.size > 0) this.#cancelSweep = this.#clock.schedule(sweepInterval, () => this.#sweep());
  }

  #rest(): void {
    if (this.#lists.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }
}
