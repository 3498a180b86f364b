import type { Clock } from '../../src/clock/clock.ts';

/** Number of samples in a block of audio, which is an AAC frame. */
export const blockLength = 1024;
/** In Hz. */
export const sampleRate = 48_000;

/** Ticks that are due within this time are due now, in ms: timers are not more precise. */
const slack = 0.5;
/** Delay beyond which ticks are `late`, in ms: no new frames are composed for them. */
const farBehind = 100;

export interface ProgramClockOptions {
  /** A monotonic clock. */
  readonly clock: Clock;
  /** Frames per second. */
  readonly frameRate: number;
  /** Called when a frame is due. `late`: there is no time to compose a new frame. */
  readonly onFrame: (index: number, late: boolean) => void;
  /** Called when a block of audio is complete. */
  readonly onBlock: (index: number) => void;
}

/**
 * The timeline of a program: frames at a constant rate and blocks of audio, counted from its start. After a delay of the process each of
 * them comes, in order; the encoder gives up what is ten seconds late. While the machine is suspended its clock is, too: the program
 * continues where it was.
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

  /** Origin of the timeline, in ms of the clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Number of late frames. */
  get lateFrames(): number {
    return this.#lateFrames;
  }

  start(): void {
    this.#startedAt = this.#options.clock.now();
    this.#run();
  }

  /** Runs after pending input: packets that arrived during a delay are handled first. */
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

  /** Time of a frame from the start of the timeline, in ms. */
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
