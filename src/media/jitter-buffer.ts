import type { MediaClock } from './media-clock.ts';
import { type RtpPacket, sequenceDistance } from './rtp/rtp-packet.ts';

export interface JitterBufferOptions<Entry> {
  readonly clock: MediaClock;
  /** Time that a missing packet is waited for, in ms, from the arrival of the first packet after it. */
  readonly delay: number;
  /** Maximum distance to the next packet: when one is further ahead, the missing packets before it are lost. 0: no packet is held. */
  readonly maxHeld: number;
  /** A packet further behind than this means that the sender restarted its sequence numbers. Default: none does. */
  readonly maxBehind?: number;
  /** This many late packets in a row mean that the sender restarted its sequence numbers. Default: no number does. */
  readonly maxLate?: number;
  /** @param lost number of packets lost before this one; `restart`: the sender restarted its sequence numbers */
  readonly deliver: (entry: Entry, lost: number | 'restart') => void;
}

interface Held<Entry> {
  readonly entry: Entry;
  /** Time of arrival, in ms of the clock. */
  readonly since: number;
}

/**
 * Reorders the packets of a stream, retransmitted ones included. A packet that is missing for longer than the delay is lost; late packets
 * and duplicates are dropped.
 */
export class JitterBuffer<Entry extends { readonly packet: RtpPacket }> {
  readonly #options: JitterBufferOptions<Entry>;
  /** By sequence number. */
  readonly #held = new Map<number, Held<Entry>>();
  #next: number | undefined;
  #late = 0;
  #cancel: (() => void) | undefined;

  constructor(options: JitterBufferOptions<Entry>) {
    this.#options = options;
  }

  push(entry: Entry): void {
    const { clock, maxHeld, maxBehind = Number.POSITIVE_INFINITY } = this.#options;
    const { sequenceNumber } = entry.packet;
    this.#next ??= sequenceNumber;
    const ahead = sequenceDistance(this.#next, sequenceNumber);
    if (-ahead > maxBehind) return this.#startAnew(entry);
    if (ahead < 0) return this.#dropLate(entry);
    this.#late = 0;
    if (ahead === 0 || ahead > maxHeld) {
      if (ahead > 0) this.#release();
      this.#hand(entry);
      return this.#drain();
    }
    if (this.#held.has(sequenceNumber)) return;
    this.#held.set(sequenceNumber, { entry, since: clock.monotonic() });
    this.#wait();
  }

  /** Emits the held packets. The next packet, whatever its number, is the first of a stream. */
  restart(): void {
    this.#release();
    this.#next = undefined;
    this.#late = 0;
  }

  /** Drops the held packets. Idempotent. */
  close(): void {
    this.#held.clear();
    this.#stopWaiting();
  }

  #dropLate(entry: Entry): void {
    this.#late += 1;
    if (this.#late >= (this.#options.maxLate ?? Number.POSITIVE_INFINITY)) this.#startAnew(entry);
  }

  #startAnew(entry: Entry): void {
    this.restart();
    this.#hand(entry, 'restart');
  }

  #hand(entry: Entry, restart?: 'restart'): void {
    const { sequenceNumber } = entry.packet;
    const lost = restart ?? sequenceDistance(this.#next ?? sequenceNumber, sequenceNumber);
    this.#next = (sequenceNumber + 1) & 0xffff;
    this.#options.deliver(entry, lost);
  }

  /** Emits packets up to the next gap, whose missing packet is then waited for. */
  #drain(): void {
    for (let held = this.#take(this.#next); held; held = this.#take(this.#next)) this.#hand(held.entry);
    this.#stopWaiting();
    this.#wait();
  }

  #release(): void {
    for (const number of this.#numbers()) {
      const held = this.#take(number);
      if (held) this.#hand(held.entry);
    }
    this.#stopWaiting();
  }

  /** The held packets in order. */
  #numbers(): number[] {
    const next = this.#next ?? 0;
    return [...this.#held.keys()].sort((one, other) => sequenceDistance(next, one) - sequenceDistance(next, other));
  }

  #take(sequenceNumber: number | undefined): Held<Entry> | undefined {
    if (sequenceNumber === undefined) return undefined;
    const held = this.#held.get(sequenceNumber);
    this.#held.delete(sequenceNumber);
    return held;
  }

  #wait(): void {
    if (this.#cancel || this.#held.size === 0) return;
    const { clock, delay } = this.#options;
    const oldest = Math.min(...Array.from(this.#held.values(), ({ since }) => since));
    this.#cancel = clock.schedule(Math.max(oldest + delay - clock.monotonic(), 0), () => {
      this.#cancel = undefined;
      this.#skip();
    });
  }

  #stopWaiting(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Gives up the missing packets and continues after them. */
  #skip(): void {
    const held = this.#take(this.#numbers()[0]);
    if (!held) return;
    this.#hand(held.entry);
    this.#drain();
  }
}
