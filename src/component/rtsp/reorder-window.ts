import type { Clock } from '../../clock/clock.ts';
import { type RtpPacket, sequenceDistance } from '../../media/rtp/rtp-packet.ts';

/** Packets that are held back at most while one is missing. */
const mostHeld = 32;
/** How long a missing packet is waited for, in ms. */
const patience = 40;

/** Puts packets that overtook each other on the network (UDP) in order again; what comes too late is handed on as it is. */
export class ReorderWindow {
  readonly #clock: Clock;
  readonly #deliver: (packet: RtpPacket) => void;
  #next: number | undefined;
  #held: RtpPacket[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, deliver: (packet: RtpPacket) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  push(packet: RtpPacket): void {
    const ahead = this.#next === undefined ? 0 : sequenceDistance(this.#next, packet.sequenceNumber);
    // far ahead or behind is not disorder
    if (ahead <= 0 || ahead > mostHeld) {
      if (ahead > 0) this.#release();
      if (ahead >= 0) this.#next = after(packet);
      this.#deliver(packet);
      if (ahead === 0) this.#drain();
      return;
    }
    this.#hold(packet);
  }

  /** Hands over what is held and begins anew. */
  restart(): void {
    this.#release();
    this.#next = undefined;
  }

  /** Idempotent; drops what is held. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#held = [];
  }

  #hold(packet: RtpPacket): void {
    const before = (each: RtpPacket) => sequenceDistance(packet.sequenceNumber, each.sequenceNumber);
    if (this.#held.some((each) => before(each) === 0)) return;
    const index = this.#held.findIndex((each) => before(each) > 0);
    this.#held.splice(index < 0 ? this.#held.length : index, 0, packet);
    this.#cancel ??= this.#clock.schedule(patience, () => this.#giveUp());
  }

  /** Hands over what follows without a gap. */
  #drain(): void {
    while (this.#held[0]?.sequenceNumber === this.#next && this.#held[0]) this.#deliverFirst();
    if (this.#held.length > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The missing one is lost: on with those behind it. */
  #giveUp(): void {
    this.#cancel = undefined;
    if (this.#held.length === 0) return;
    this.#deliverFirst();
    this.#drain();
    if (this.#held.length > 0) this.#cancel = this.#clock.schedule(patience, () => this.#giveUp());
  }

  #release(): void {
    while (this.#held.length > 0) this.#deliverFirst();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #deliverFirst(): void {
    const packet = this.#held.shift();
    if (!packet) return;
    this.#next = after(packet);
    this.#deliver(packet);
  }
}

function after({ sequenceNumber }: RtpPacket): number {
  return (sequenceNumber + 1) & 0xffff;
}
