import type { Clock } from '../clock/clock.ts';
import { SessionFailure } from './session-failure.ts';

/** Limits of a session, in ms. */
export interface TimeLimits {
  readonly callEmpty: number;
  readonly noMedia: number;
  readonly allMuted: number;
  readonly transport: number;
  /** Maximum duration of the session; 0: no limit. */
  readonly usage: number;
}

/** The state of a call. */
export interface CallState {
  /** Whether there is a participant: a peer, or a component that sends. */
  readonly occupied: boolean;
  /** Whether all participants are muted. */
  readonly muted: boolean;
  /** Bytes received from all participants so far; less when some have left. */
  readonly receivedBytes: number;
  /** Whether the media reaches the recorder. */
  readonly connected: boolean;
}

/** The end of a session; `finished` is not a failure. */
export type SessionEnd = SessionFailure | 'finished';

const interval = 15_000;

/** Watches a call: checks all limits every 15 s, in order; the first exceeded one ends the session. */
export class SessionLimits {
  readonly #limits: TimeLimits;
  readonly #clock: Clock;
  readonly #readState: () => Promise<CallState>;
  readonly #onEnd: (end: SessionEnd) => void;
  readonly #startedAt: number;
  /** Time at which each condition was last not met. */
  readonly #since: { occupied: number; media: number; unmuted: number; connected: number };
  #received = 0;
  #cancel: () => void;
  #closed = false;

  constructor(limits: TimeLimits, clock: Clock, readState: () => Promise<CallState>, onEnd: (end: SessionEnd) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#readState = readState;
    this.#onEnd = onEnd;
    const now = clock.monotonic();
    this.#startedAt = now;
    this.#since = { occupied: now, media: now, unmuted: now, connected: now };
    this.#cancel = this.#plan();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #plan(): () => void {
    return this.#clock.schedule(interval, () => void this.#check());
  }

  async #check(): Promise<void> {
    const state = await this.#readState().catch(() => undefined);
    if (this.#closed) return;
    const end = state && this.#judge(state, this.#clock.monotonic());
    if (end === undefined) {
      this.#cancel = this.#plan();
      return;
    }
    this.close();
    this.#onEnd(end);
  }

  #judge(state: CallState, now: number): SessionEnd | undefined {
    const since = this.#since;
    if (state.occupied) since.occupied = now;
    if (state.muted || !state.occupied || state.receivedBytes > this.#received) since.media = now;
    this.#received = state.receivedBytes;
    if (!state.muted || !state.occupied) since.unmuted = now;
    if (state.connected || !state.occupied) since.connected = now;
    const limits = this.#limits;
    if (now - since.occupied > limits.callEmpty) return 'finished';
    if (now - since.media > limits.noMedia) return new SessionFailure('noMedia');
    if (now - since.unmuted > limits.allMuted) return 'finished';
    if (now - since.connected > limits.transport) return new SessionFailure('disconnected');
    if (limits.usage > 0 && now - this.#startedAt >= limits.usage) return 'finished';
    return undefined;
  }
}
