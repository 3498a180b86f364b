import type { Clock } from '../../clock/clock.ts';

export interface KeyframeRequestsOptions {
  readonly clock: Clock;
  /** Asks the source. */
  readonly ask: () => void;
  /** Sends the last group of pictures once more, for sources that do not listen. */
  readonly replay: () => void;
}

/** Between two questions to the source, in ms. */
const askInterval = 1000;
/** How long the source has to answer with a keyframe, in ms. */
const patience = 300;
/** Between two replays, in ms: each one makes running viewers see a group of pictures again. */
const replayInterval = 2000;

/** What happens when viewers need a keyframe: the source is asked, and if none comes soon the last group is replayed. */
export class KeyframeRequests {
  readonly #options: KeyframeRequestsOptions;
  #askedAt = Number.NEGATIVE_INFINITY;
  #replayedAt = Number.NEGATIVE_INFINITY;
  #cancelReplay: (() => void) | undefined;

  constructor(options: KeyframeRequestsOptions) {
    this.#options = options;
  }

  request(): void {
    const { clock, ask } = this.#options;
    const now = clock.now();
    if (now - this.#askedAt >= askInterval) {
      this.#askedAt = now;
      ask();
    }
    const wait = Math.max(patience, this.#replayedAt + replayInterval - now);
    this.#cancelReplay ??= clock.schedule(wait, () => this.#replay());
  }

  /** One has been sent: nobody waits any more. */
  satisfied(): void {
    this.#cancelReplay?.();
    this.#cancelReplay = undefined;
  }

  /** Idempotent. */
  close(): void {
    this.satisfied();
  }

  #replay(): void {
    this.#cancelReplay = undefined;
    this.#replayedAt = this.#options.clock.now();
    this.#options.replay();
  }
}
