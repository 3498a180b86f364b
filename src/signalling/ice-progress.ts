import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { TurnCredentials } from '../turn/turn-credentials.ts';

/** Interval at which a client that has not connected is looked at, in ms. */
const lookInterval = 5000;

export interface IceProgressOptions {
  readonly peerId: string;
  readonly turn: TurnCredentials;
  readonly clock: Clock;
  /** Called at most once, when the client cannot connect because no relay port is free. */
  readonly onExhausted: () => void;
}

/**
 * What the relay has to know of one client's ICE, and the client of the relay. The relay does not say whom it refused: a client that does not
 * connect while others or itself are refused is taken for one of them.
 */
export class IceProgress {
  readonly #options: IceProgressOptions;
  /** Refusals before the client could ask for an allocation. */
  #refusalsBefore: number | undefined;
  #looking: Interval | undefined;
  #restarting = false;
  #connected = false;
  #closed = false;

  constructor(options: IceProgressOptions) {
    this.#options = options;
  }

  /** To be called before the client is asked for an offer. */
  offerRequested(): void {
    this.#refusalsBefore ??= this.#refusals;
  }

  /** To be called when an answer has been sent. @param restarted whether the client (re)starts ICE with it */
  answered(restarted: boolean): void {
    this.#restarting ||= restarted;
    if (this.#connected || this.#closed) return;
    this.#looking ??= new Interval(this.#options.clock, lookInterval, () => this.#look());
  }

  /** To be called when media comes from another address. @param remotePort its port */
  addressChanged(remotePort: number): void {
    this.#connected = true;
    void this.#looking?.close();
    if (this.#restarting && !this.#closed) this.#options.turn.restarted(this.#options.peerId, remotePort);
    this.#restarting = false;
  }

  /** Ends the allocations of the client. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#looking?.close();
    this.#options.turn.left(this.#options.peerId);
  }

  get #refusals(): number {
    return this.#options.turn.relay?.refusals ?? 0;
  }

  #look(): void {
    if (this.#refusals === this.#refusalsBefore) return;
    void this.#looking?.close();
    this.#options.onExhausted();
  }
}
