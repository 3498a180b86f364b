import type { Clock } from '../../src/clock/clock.ts';

/** Samples in a block of audio: what one AAC frame holds. */
export const blockLength = 1024;
/** Hz. */
export const sampleRate = 48_000;

/** What is due within so many ms is due now: no timer is more exact. */
const slack = 0.5;
/** What is late by more than so many ms is made up for without new frames. */
const farBehind = 100;

export interface ProgramClockOptions {
  /** Monotonic. */
  readonly clock: Clock;
  /** Frames per second. */
  readonly frameRate: number;
  /** A frame is due. `late`: by so much that there is no time for a new frame. */
  readonly onFrame: (index: number, late: boolean) => void;
  /** A block of audio has passed. */
  readonly onBlock: (index: number) => void;
}

/**
 * The timeline of a program: frames at a constant rate and blocks of audio, counted from its start. Whatever held the process up,
 * each of them comes, in order; the encoder gives up what is ten seconds late. While the machine itself sleeps, so does its clock:
 * the program goes on where it was.
 */
export class ProgramClock {
  readonly #options: ProgramClockOptions;
  #startedAt = 0;
  #frames = 0;
  #blocks = 0;
  #lateFrames = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: ProgramClockOptions) {
    this.#options = options;
  }

  /** Where the timeline begins, in ms of the clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Frames that came when there was no time for a new frame. */
  get lateFrames(): number {
    return this.#lateFrames;
  }

  start(): void {
    this.#startedAt = this.#options.clock.now();
    this.#run();
  }

  /** Whatever held us up held up what came meanwhile, too: that first. */
  #wake(): void {
    const { clock, frameRate } = this.#options;
    if (clock.now() - this.#startedAt - this.#nextDue() < 1000 / frameRate) this.#run();
    else this.#cancel = clock.schedule(0, () => this.#run());
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Milliseconds from the start of the timeline to a frame. */
  frameTime(index: number): number {
    return (index * 1000) / this.#options.frameRate;
  }

  #run(): void {
    const { clock } = this.#options;
    const now = clock.now() - this.#startedAt + slack;
    while (this.#nextDue() <= now && !this.#closed) this.#advance(now);
    if (this.#closed) return;
    const wait = Math.max(this.#nextDue() - (clock.now() - this.#startedAt), 0);
    this.#cancel = clock.schedule(wait, () => this.#wake());
  }

  #nextDue(): number {
    return Math.min(this.frameTime(this.#frames), this.#blockEnd());
  }

  #blockEnd(): number {
    return ((this.#blocks + 1) * blockLength * 1000) / sampleRate;
  }

  #advance(now: number): void {
    if (this.#blockEnd() < this.frameTime(this.#frames)) {
      this.#blocks += 1;
      this.#options.onBlock(this.#blocks - 1);
      return;
    }
    this.#frames += 1;
    const late = this.frameTime(this.#frames - 1) + farBehind <= now;
    if (late) this.#lateFrames += 1;
    this.#options.onFrame(this.#frames - 1, late);
  }
}
