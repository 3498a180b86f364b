import type { Clock } from '../../clock/clock.ts';
import { nalType, sliceHead, startsDescription, typeOf } from '../../media/rtp/nal-unit.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { unitsOf } from './h264-relay.ts';

export interface FrameEndsOptions {
  readonly clock: Clock;
  /** @param lost number of packets lost before this one */
  readonly deliver: (packet: RtpPacket, lost: number) => void;
}

interface Passed {
  readonly timestamp: number;
  readonly marker: boolean;
  /** Whether its frame has a slice so far. */
  readonly hasSlice: boolean;
}

/** Number of frames whose marker bits have to be right before packets are no longer held. */
const probation = 50;
/** Time that a packet with a marker bit is held at most, in ms: while nothing is known of the source, and after a wrong one. */
const maxHeld = { unknown: 100, wrong: 1000 };

/**
 * Sets the marker bit on the last packet of each frame and on no other, as RFC 6184 section 5.1 requires, for sources that set it on every
 * slice or never. A frame ends where the timestamp changes or another one begins, so the last packet of each unit is held until the next
 * one has come; once the source has marked some frames correctly, it is believed as long as it does.
 */
export class FrameEnds {
  readonly #options: FrameEndsOptions;
  #held: { readonly packet: RtpPacket; readonly lost: number } | undefined;
  #passed: Passed | undefined;
  #right = 0;
  #wrong = false;
  #cancel: (() => void) | undefined;

  constructor(options: FrameEndsOptions) {
    this.#options = options;
  }

  /** Adds a packet, in the order of sequence numbers. @param lost number of packets lost before this one */
  push(packet: RtpPacket, lost: number): void {
    const fresh = this.#begins(packet);
    if (lost === 0) this.#judge(fresh);
    this.#release(lost > 0 && fresh && !this.#wrong ? this.#held?.packet.marker : fresh);
    const hasSlice = (!fresh && this.#passed?.hasSlice) || unitsOf(packet.payload).some(isSliceUnit);
    this.#passed = { timestamp: packet.timestamp, marker: packet.marker, hasSlice };
    const believed = !this.#wrong && this.#right >= probation;
    if (!hasSlice || !(believed || endsUnit(packet.payload))) this.#options.deliver({ ...packet, marker: false }, lost);
    else if (believed) this.#options.deliver(packet, lost);
    else this.#hold(packet, lost);
  }

  /** Delivers what is held, as the end of a frame. The next packet belongs to another stream. */
  restart(): void {
    this.#release(true);
    this.#passed = undefined;
    this.#right = 0;
  }

  #begins(packet: RtpPacket): boolean {
    if (!this.#passed || this.#passed.timestamp !== packet.timestamp) return true;
    return this.#passed.hasSlice && unitsOf(packet.payload).slice(0, 1).some(startsFrame);
  }

  /** Compares what the source says of its last packet with what came next. Packets before the first slice do not matter. */
  #judge(ended: boolean): void {
    if (!this.#passed?.hasSlice) return;
    if (this.#passed.marker !== ended) this.#wrong = true;
    else if (ended) this.#right += 1;
  }

  #hold(packet: RtpPacket, lost: number): void {
    this.#held = { packet, lost };
    if (!packet.marker) return;
    const time = this.#wrong ? maxHeld.wrong : maxHeld.unknown;
    this.#cancel = this.#options.clock.schedule(time, () => this.#release(true));
  }

  #release(marker = false): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#options.deliver({ ...held.packet, marker }, held.lost);
  }
}

/** Whether a unit after a slice is the first of another frame (H.264 section 7.4.1.2.3). */
function startsFrame(nal: Buffer): boolean {
  return startsDescription(nal) || sliceHead(nal)?.firstMacroblock === 0;
}

function isSliceUnit(nal: Buffer): boolean {
  return sliceHead(nal) !== undefined;
}

function endsUnit(payload: Buffer): boolean {
  return typeOf(payload) !== nalType.fuA || payload.length < 2 || (payload.readUInt8(1) & 0x40) !== 0;
}
