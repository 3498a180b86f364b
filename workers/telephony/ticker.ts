import type { Clock } from '../../src/clock/clock.ts';

/** Duration of a tick, in ms. */
export const tickTime = 20;
/** Ticks that are made up for at once when the process was late; those before them are left out. */
const maxTogether = 5;

export interface TickerOptions {
  readonly clock: Clock;
  /** @param due the time it was due at, in ms of the clock */
  readonly onTick: (due: number) => void;
  /** Called for each tick. @param lateness in ms */
  readonly onLateness: (lateness: number) => void;
  /** Called when ticks were left out. */
  readonly onSkipped: (count: number) => void;
}

/** Ticks every 20 ms by an absolute clock: the number of ticks follows the time, however late timers are. */
export class Ticker {
  readonly #options: TickerOptions;
  #due: number;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#due = options.clock.now() + tickTime;
    this.#schedule();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#cancel = clock.schedule(Math.max(this.#due - clock.now(), 0), () => this.#run());
  }

  #run(): void {
    const { clock, onTick, onLateness, onSkipped } = this.#options;
    const now = clock.now();
    const late = Math.max(Math.floor((now - this.#due) / tickTime) + 1 - maxTogether, 0);
    if (late > 0) onSkipped(late);
    this.#due += late * tickTime;
    for (; this.#due <= now && !this.#closed; this.#due += tickTime) {
      onLateness(now - this.#due);
      onTick(this.#due);
    }
    if (!this.#closed) this.#schedule();
  }
}
