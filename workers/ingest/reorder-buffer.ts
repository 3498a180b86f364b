import type { Clock } from '../../src/clock/clock.ts';
import { type RtpPacket, sequenceDistance } from '../../src/media/rtp/rtp-packet.ts';

/** Packets that are held back at most while one is missing. */
const mostHeld = 1024;
/** A packet further ahead or behind than this belongs to another count. */
const farthest = 3000;

/** A packet and when it came, in ms of the clock. */
export interface Arrival {
  readonly packet: RtpPacket;
  readonly at: number;
}

/**
 * Puts packets in order again that were sent anew or overtook each other. What stays away longer than the patience is lost; whoever
 * gets the next packet is told.
 */
export class ReorderBuffer {
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #deliver: (arrival: Arrival, afterLoss: boolean) => void;
  readonly #held = new Map<number, Arrival>();
  #next: number | undefined;
  #cancel: (() => void) | undefined;

  /** @param patience how long a missing packet is waited for, in ms */
  constructor(clock: Clock, patience: number, deliver: (arrival: Arrival, afterLoss: boolean) => void) {
    this.#clock = clock;
    this.#patience = patience;
    this.#deliver = deliver;
  }

  push(arrival: Arrival): void {
    const { sequenceNumber } = arrival.packet;
    this.#next ??= sequenceNumber;
    const ahead = sequenceDistance(this.#next, sequenceNumber);
    if (Math.abs(ahead) > farthest) return this.#startAnew(arrival);
    // comes too late, or twice
    if (ahead < 0 || this.#held.has(sequenceNumber)) return;
    if (ahead === 0) {
      this.#hand(arrival, false);
      this.#drain();
      return;
    }
    this.#held.set(sequenceNumber, arrival);
    if (this.#held.size > mostHeld) this.#skip();
    else this.#wait();
  }

  /** Idempotent; drops what is held. */
  close(): void {
    this.#held.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #startAnew(arrival: Arrival): void {
    this.close();
    this.#hand(arrival, true);
  }

  #hand(arrival: Arrival, afterLoss: boolean): void {
    this.#next = (arrival.packet.sequenceNumber + 1) & 0xffff;
    this.#deliver(arrival, afterLoss);
  }

  /** Hands over what follows without a gap. What is missing then is another packet: it is waited for as long as the one before. */
  #drain(): void {
    let arrival = this.#take(this.#next);
    while (arrival) {
      this.#hand(arrival, false);
      arrival = this.#take(this.#next);
    }
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wait();
  }

  #take(sequenceNumber: number | undefined): Arrival | undefined {
    if (sequenceNumber === undefined) return undefined;
    const arrival = this.#held.get(sequenceNumber);
    this.#held.delete(sequenceNumber);
    return arrival;
  }

  /** Gives up when the oldest that is held has waited for long enough. */
  #wait(): void {
    if (this.#cancel || this.#held.size === 0) return;
    const oldest = Math.min(...[...this.#held.values()].map(({ at }) => at));
    const due = Math.max(oldest + this.#patience - this.#clock.now(), 0);
    this.#cancel = this.#clock.schedule(due, () => {
      this.#cancel = undefined;
      this.#skip();
    });
  }

  /** What is missing is lost: on with what follows it. */
  #skip(): void {
    const next = this.#next ?? 0;
    const [first] = [...this.#held.keys()].sort((a, b) => sequenceDistance(next, a) - sequenceDistance(next, b));
    const arrival = this.#take(first);
    if (!arrival) return;
    this.#hand(arrival, true);
    this.#drain();
  }
}
