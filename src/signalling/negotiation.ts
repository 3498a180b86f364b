import type { Clock } from '../clock/clock.ts';

/** Time for which changes are collected, in ms: each negotiation costs a legacy client an ICE restart. */
const batchDelay = 60;
/** Time for a client to send its offer after `offerData`, in ms. When it fails to create one, it sends nothing. */
const offerTimeout = 10_000;

type State = 'idle' | 'collecting' | 'offered' | 'answering' | 'settling';

/**
 * Runs one negotiation at a time with one client: `offerData` → `sdpOffer` → `sdpAnswer` → the client has applied it. Any number
 * of requests during a negotiation lead to exactly one more.
 */
export class Negotiation {
  readonly #clock: Clock;
  readonly #sendOfferData: () => void;
  readonly #onSettled: () => void;
  #state: State = 'idle';
  /** Whether something changed that the running negotiation may not include. */
  #dirty = false;
  /** Number of changes that the client has announced and no offer has shown. */
  #announced = 0;
  /** Whether it announced one while its offer was awaited: the offer tells whether it includes that one. */
  #undecided = false;
  /** Number of requested offers that have not arrived. A client that exceeded the timeout still sends its offer and waits for the answer. */
  #pendingOffers = 0;
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

  /** Requests a negotiation. @param options `atOnce`: without delay if none is running, because the client waits for it */
  request({ atOnce = false } = {}): void {
    if (this.#closed) return;
    if (this.#running) this.#dirty = true;
    else if (atOnce) this.#offer();
    else if (this.#state === 'idle') this.#enter('collecting', batchDelay, () => this.#offer());
  }

  /** To be called when the client asks for a negotiation, which it does once for each track that it adds or removes, and waits for it. */
  requestedByClient(): void {
    if (this.#closed) return;
    this.#announced += 1;
    if (this.#state === 'offered' && this.#pendingOffers === 1) this.#undecided = true;
    else this.request({ atOnce: true });
  }

  /** To be called when an offer arrives. @returns whether it was requested and is to be answered now */
  offerReceived(): boolean {
    if (this.#closed || this.#pendingOffers === 0 || this.#state === 'answering') return false;
    if (this.#state === 'collecting') this.#dirty = true;
    this.#pendingOffers -= 1;
    this.#enter('answering');
    return true;
  }

  /**
   * To be called when the offer has been read. A client that is asked while it joins adds its tracks before it makes the offer and announces
   * them all the same: they need no negotiation more. The numbers alone do not tell, as some clients announce several tracks at once, or none of
   * those that they had before. @param changes number of its tracks that the offer adds or removes
   * @param complete whether the offer was made of the tracks that the client has now
   */
  offerRead(changes: number, complete: boolean): void {
    this.#announced = Math.max(0, this.#announced - changes);
    if (this.#undecided && (this.#announced > 0 || !complete)) this.#dirty = true;
    this.#undecided = false;
  }

  /** To be called when the answer was sent. @param settleTimeout maximum time to wait for {@link settled}, in ms */
  answerSent(settleTimeout: number): void {
    if (this.#state === 'answering') this.#enter('settling', settleTimeout, () => this.#settle());
  }

  /** To be called when the client has applied the answer. */
  settled(): void {
    if (this.#state === 'settling') this.#settle();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  get #running(): boolean {
    return this.#state !== 'idle' && this.#state !== 'collecting';
  }

  #offer(): void {
    this.#dirty = false;
    this.#pendingOffers += 1;
    this.#enter('offered', offerTimeout, () => this.#next());
    this.#sendOfferData();
  }

  #settle(): void {
    this.#next();
    this.#onSettled();
  }

  #next(): void {
    this.#dirty ||= this.#undecided;
    this.#undecided = false;
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
