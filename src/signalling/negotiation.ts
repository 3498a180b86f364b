import type { Clock } from '../clock/clock.ts';

/** Milliseconds during which changes are collected: each round costs a legacy client an ICE restart. */
const batchDelay = 60;
/** Milliseconds that a client gets to answer `offerData`; a failure inside it is silent. */
const offerTimeout = 10_000;

type State = 'idle' | 'collecting' | 'offered' | 'answering' | 'settling';

/**
 * One negotiation at a time with one client: `offerData` → `sdpOffer` → `sdpAnswer` → until the client has applied it. What is
 * asked for meanwhile makes exactly one more round.
 */
export class Negotiation {
  readonly #clock: Clock;
  readonly #sendOfferData: () => void;
  readonly #onSettled: () => void;
  #state: State = 'idle';
  /** Something changed that the running round may not contain. */
  #dirty = false;
  /** Offers that were asked for and have not come: a client that missed a deadline still sends its own, and waits for the answer. */
  #owed = 0;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: { clock: Clock; sendOfferData: () => void; onSettled: () => void }) {
    this.#clock = options.clock;
    this.#sendOfferData = options.sendOfferData;
    this.#onSettled = options.onSettled;
  }

  get state(): State {
    return this.#state;
  }

  /** Asks for a round; at once, if the client itself waits for it and none is running. */
  request({ atOnce = false } = {}): void {
    if (this.#closed) return;
    if (this.#state !== 'idle' && this.#state !== 'collecting') {
      this.#dirty = true;
      return;
    }
    if (atOnce) this.#offer();
    else if (this.#state === 'idle') this.#enter('collecting', batchDelay, () => this.#offer());
  }

  /** @returns whether the offer was asked for and is to be answered now. */
  offerReceived(): boolean {
    if (this.#closed || this.#owed === 0 || this.#state === 'answering') return false;
    if (this.#state === 'collecting') this.#dirty = true;
    this.#owed -= 1;
    this.#enter('answering');
    return true;
  }

  /** @param settleTimeout milliseconds to wait for {@link settled} at most */
  answerSent(settleTimeout: number): void {
    if (this.#state === 'answering') this.#enter('settling', settleTimeout, () => this.#settle());
  }

  /** The client has applied the answer. */
  settled(): void {
    if (this.#state === 'settling') this.#settle();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  #offer(): void {
    this.#dirty = false;
    this.#owed += 1;
    this.#enter('offered', offerTimeout, () => this.#next());
    this.#sendOfferData();
  }

  #settle(): void {
    this.#next();
    this.#onSettled();
  }

  #next(): void {
    this.#enter('idle');
    if (this.#dirty) this.request();
  }

  #enter(state: State, timeout?: number, onTimeout?: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    this.#state = state;
    if (timeout !== undefined && onTimeout) this.#cancelTimer = this.#clock.schedule(timeout, onTimeout);
  }
}
