import type { Clock } from '../../../src/clock/clock.ts';
import type { ProgramSettings } from '../../../src/program/composer-message.ts';

/** Duration of the video inside the encoder from which on it is too slow, and for how long it must be so, in ms. */
const maxBehind = 500;
const easeDelay = 1500;
/** Duration of the video inside the encoder up to which it keeps up, and for how long it must before the effort is raised, in ms. */
const usualBehind = 150;
const firstRecovery = 60_000;

/** Of x264. */
export type Preset = ProgramSettings['preset'];

/** The effort of the encoder. */
export interface Effort {
  /** Ticks of the program per frame. */
  readonly step: 1 | 2;
  readonly preset: Preset;
}

const fastest: Preset = 'ultrafast';

/** Decides the effort of the encoder. One that does not keep up gets half of the frames, then a faster preset; after a calm time the effort is raised. */
export class EncoderLoad {
  readonly #clock: Clock;
  readonly #efforts: readonly Effort[];
  #level = 0;
  #slowSince: number | undefined;
  #calmSince: number | undefined;
  #recovery = firstRecovery;

  /** @param preset of the first effort; no later one is greater */
  constructor(clock: Clock, preset: Preset) {
    this.#clock = clock;
    const usual: Effort[] = [
      { step: 1, preset },
      { step: 2, preset },
    ];
    this.#efforts = preset === fastest ? usual : [...usual, { step: 2, preset: fastest }];
  }

  get effort(): Effort {
    return this.#efforts[this.#level] as Effort;
  }

  /** Updates the effort. @param behind duration of the video inside the encoder, in ms. @returns whether {@link effort} changed */
  judge(behind: number): boolean {
    const now = this.#clock.now();
    this.#slowSince = behind > maxBehind ? (this.#slowSince ?? now) : undefined;
    this.#calmSince = behind < usualBehind ? (this.#calmSince ?? now) : undefined;
    if (this.#slowSince !== undefined && now - this.#slowSince >= easeDelay) return this.#ease();
    if (this.#calmSince !== undefined && now - this.#calmSince >= this.#recovery) return this.#demand();
    return false;
  }

  /** To be called when a new encoder starts, which takes its time. */
  restart(): void {
    this.#slowSince = undefined;
    this.#calmSince = undefined;
  }

  #ease(): boolean {
    this.restart();
    if (this.#level === this.#efforts.length - 1) return false;
    this.#level += 1;
    return true;
  }

  /** An effort that was too much is tried again at increasing intervals. */
  #demand(): boolean {
    this.restart();
    if (this.#level === 0) return false;
    this.#level -= 1;
    this.#recovery *= 2;
    return true;
  }
}
