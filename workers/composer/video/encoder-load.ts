import type { Clock } from '../../../src/clock/clock.ts';

/** Video in the encoder, in ms, from which on it is too slow, and how long that is put up with. */
const maxBehind = 500;
const easeDelay = 1500;
/** Video in the encoder, in ms, that is as it should be, and how long it must be so before more is asked for. */
const usualBehind = 150;
const firstRecovery = 60_000;

export type Preset = 'veryfast' | 'ultrafast';

/** How much is asked of the encoder. */
export interface Effort {
  /** Ticks of the program per frame. */
  readonly step: 1 | 2;
  readonly preset: Preset;
}

const efforts: readonly Effort[] = [
  { step: 1, preset: 'veryfast' },
  { step: 2, preset: 'veryfast' },
  { step: 2, preset: 'ultrafast' },
];

/** Judges whether the encoder follows: first it gets half the frames, then an easier preset; after a quiet while, more again. */
export class EncoderLoad {
  readonly #clock: Clock;
  #level = 0;
  #slowSince: number | undefined;
  #calmSince: number | undefined;
  #recovery = firstRecovery;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get effort(): Effort {
    return efforts[this.#level] as Effort;
  }

  /** @param behind video in the encoder, in ms. @returns whether {@link effort} changed */
  judge(behind: number): boolean {
    const now = this.#clock.now();
    this.#slowSince = behind > maxBehind ? (this.#slowSince ?? now) : undefined;
    this.#calmSince = behind < usualBehind ? (this.#calmSince ?? now) : undefined;
    if (this.#slowSince !== undefined && now - this.#slowSince >= easeDelay) return this.#ease();
    if (this.#calmSince !== undefined && now - this.#calmSince >= this.#recovery) return this.#demand();
    return false;
  }

  /** A new encoder has the time it needs to start. */
  restart(): void {
    this.#slowSince = undefined;
    this.#calmSince = undefined;
  }

  #ease(): boolean {
    this.restart();
    if (this.#level === efforts.length - 1) return false;
    this.#level += 1;
    return true;
  }

  /** What proved too much is tried again ever more seldom. */
  #demand(): boolean {
    this.restart();
    if (this.#level === 0) return false;
    this.#level -= 1;
    this.#recovery *= 2;
    return true;
  }
}
