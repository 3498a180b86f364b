import { unitsOfAggregate } from './h264-packetizer.ts';
import { nalType, typeOf } from './nal-unit.ts';
import type { OutgoingPacket } from './rtp-packet.ts';

/** Maximum size of a fragmented unit, in bytes; more is an attack or an error. */
const maxUnitLength = 8 * 1024 * 1024;
/** Assumed memory of a fragment beside its bytes, in bytes, so that many tiny ones do not fill the memory. */
const bytesPerFragment = 200;

/** Reassembles NAL units from packets in the order of their sequence numbers (RFC 6184, modes 0 and 1). */
export class H264Depacketizer {
  #fragments: Buffer[] = [];
  #length = 0;
  #next: number | undefined;

  /** Adds a packet. @returns the units that it completes; a unit with a missing packet is dropped */
  push({ payload, sequenceNumber }: Pick<OutgoingPacket, 'payload' | 'sequenceNumber'>): Buffer[] {
    if (this.#next !== undefined && this.#next !== sequenceNumber) this.#drop();
    this.#next = (sequenceNumber + 1) & 0xffff;
    const type = typeOf(payload);
    if (type === nalType.fuA) return this.#fragment(payload);
    this.#drop();
    if (type === nalType.stapA) return unitsOfAggregate(payload);
    return type > 0 && type < nalType.stapA ? [payload] : [];
  }

  #fragment(payload: Buffer): Buffer[] {
    if (payload.length < 3) return [];
    const header = payload.readUInt8(1);
    if (header & 0x80) {
      this.#drop();
      this.#fragments.push(Buffer.from([(payload.readUInt8(0) & 0xe0) | (header & 0x1f)]));
    } else if (this.#fragments.length === 0) {
      return [];
    }
    this.#fragments.push(payload.subarray(2));
    this.#length += payload.length + bytesPerFragment;
    if (this.#length > maxUnitLength) this.#drop();
    if (!(header & 0x40) || this.#fragments.length === 0) return [];
    const nal = Buffer.concat(this.#fragments);
    this.#drop();
    return [nal];
  }

  #drop(): void {
    this.#fragments = [];
    this.#length = 0;
  }
}
