import { unitStartIn, unitsInBytes, withoutTrailingZeros } from '../../media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../media/rtp/h264-depacketizer.ts';
import { unitsOfAggregate } from '../../media/rtp/h264-packetizer.ts';
import { nalType, typeOf } from '../../media/rtp/nal-unit.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';

/**
 * Makes proper payloads (RFC 6184 section 5) of those of sources that packetize a byte stream without reading it: with start codes before
 * units, or with several units as one. Packets that are in order pass through at once.
 */
export class StartCodeRemover {
  readonly #depacketizer = new H264Depacketizer();
  /** Whether the fragments of the current unit are put together, to be cut again. */
  #collects = false;
  /** Whether a slice had a start code in it: from then on all fragmented units are put together. */
  #glued = false;

  /** Adds a packet, in the order of sequence numbers. @returns packets with the same sequence number and time, one unit in each */
  push(packet: RtpPacket): readonly RtpPacket[] {
    const payload = withoutStartCode(packet.payload);
    const type = typeOf(payload);
    if (type === nalType.fuA) return this.#fragment(payload === packet.payload ? packet : { ...packet, payload });
    this.#collects = false;
    const given = type === nalType.stapA ? unitsOfAggregate(payload) : [payload];
    const units = given.flatMap((unit) => unitsInBytes(unit));
    const proper = payload === packet.payload && units.every((unit, index) => unit === given[index]);
    return proper ? [packet] : split(packet, units);
  }

  #fragment(packet: RtpPacket): readonly RtpPacket[] {
    const { payload } = packet;
    if (payload.length < 3) return [packet];
    const glued = unitStartIn(payload, 2) >= 0;
    if (startsUnit(payload)) this.#collects = this.#glued || glued || !isSliceType(payload.readUInt8(1) & 0x1f);
    else if (glued && !this.#collects) return this.#cut(packet);
    return this.#collects ? this.#collect(packet) : [packet];
  }

  /** Ends a unit whose start has been passed on; what comes after the start code is another one. */
  #cut(packet: RtpPacket): readonly RtpPacket[] {
    const { payload } = packet;
    const [indicator, header] = [payload.readUInt8(0), payload.readUInt8(1)];
    const next = unitStartIn(payload, 2);
    const rest = withoutTrailingZeros(payload.subarray(2, next));
    const end = Buffer.concat([Buffer.from([indicator, (header & 0x1f) | 0x40]), rest]);
    const unit = payload.subarray(next + 3);
    const first = unit.readUInt8(0);
    const start = Buffer.from([(first & 0xe0) | nalType.fuA, 0x80 | (header & 0x40) | (first & 0x1f)]);
    this.#glued = this.#collects = true;
    const others = this.#collect({ ...packet, payload: Buffer.concat([start, unit.subarray(1)]) });
    return [{ ...packet, payload: end, marker: packet.marker && others.length === 0 }, ...others];
  }

  #collect(packet: RtpPacket): readonly RtpPacket[] {
    return split(
      packet,
      this.#depacketizer.push(packet).flatMap((nal) => unitsInBytes(nal)),
    );
  }
}

/** One packet for each unit; the marker bit belongs to the last one. */
function split(packet: RtpPacket, units: readonly Buffer[]): readonly RtpPacket[] {
  return units.map((payload, index) => ({ ...packet, payload, marker: packet.marker && index === units.length - 1 }));
}

function withoutStartCode(payload: Buffer): Buffer {
  let zeros = 0;
  while (zeros < payload.length && payload[zeros] === 0) zeros += 1;
  return zeros >= 2 && payload[zeros] === 1 ? payload.subarray(zeros + 1) : payload;
}

function startsUnit(fragment: Buffer): boolean {
  return (fragment.readUInt8(1) & 0x80) !== 0;
}

/** Whether a unit is a slice or a partition of one. Others are so short that a fragmented one is more than it says. */
function isSliceType(type: number): boolean {
  return type >= nalType.slice && type <= nalType.idrSlice;
}
