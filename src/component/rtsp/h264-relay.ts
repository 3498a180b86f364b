import {
  aggregate,
  isSuperfluous,
  packetizeAccessUnit,
  splitPayload,
  unitsOfAggregate,
} from '../../media/rtp/h264-packetizer.ts';
import { nalType, sliceHead, typeOf } from '../../media/rtp/nal-unit.ts';
import type { ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import type { VideoOutput } from './video-output.ts';

/** Filler data, sent for a marker bit whose packet is not passed on. */
const emptyFiller = Buffer.from([nalType.filler, 0x80]);
/** Number of bytes of a fragment that contain the head of its slice. */
const headLength = 32;

/**
 * Relays H264 packets of a source into the room, in the order of their sequence numbers: at once and without reassembling them, from the
 * first keyframe on, with the parameter sets that keyframes lack.
 */
export class H264Relay {
  readonly #output: VideoOutput;
  readonly #sets: ParameterSets;
  #started = false;
  #timestamp: number | undefined;
  /** Whether parameter sets of the current frame have been sent. */
  #described = false;

  /** @param sets parameter sets of the session description; updated from the stream */
  constructor(output: VideoOutput, sets: ParameterSets) {
    this.#output = output;
    this.#sets = sets;
  }

  /** Whether a keyframe has been sent. */
  get started(): boolean {
    return this.#started;
  }

  /** @param lost number of packets lost before this one */
  push(packet: Pick<RtpPacket, 'payload' | 'marker' | 'timestamp'>, lost: number): void {
    if (lost > 0 && this.#started) this.#output.lost(lost);
    if (packet.timestamp !== this.#timestamp) this.#described = false;
    this.#timestamp = packet.timestamp;
    const units = unitsOf(packet.payload);
    for (const unit of units) if (isWhole(packet.payload)) this.#sets.remember(unit);
    if (units.some((unit) => typeOf(unit) === nalType.idrSlice)) this.#beginKeyframe(packet.timestamp, units);
    if (this.#started) this.#forward(packet, units);
  }

  /** Waits for a keyframe again. */
  restart(): void {
    this.#started = false;
    this.#timestamp = undefined;
    this.#described = false;
  }

  /** Sends parameter sets before the first slice, unless the source has sent them: without them the keyframe cannot be decoded. */
  #beginKeyframe(timestamp: number, units: readonly Buffer[]): void {
    const { nals } = this.#sets;
    if (this.#described || nals.length === 0) return;
    this.#started = true;
    if (units.some((unit) => typeOf(unit) === nalType.sps)) return;
    this.#described = true;
    for (const [index, payload] of packetizeAccessUnit(nals).entries()) {
      this.#output.write({ payload, marker: false, timestamp }, index === 0);
    }
  }

  #forward({ payload, marker, timestamp }: Pick<RtpPacket, 'payload' | 'marker' | 'timestamp'>, units: Buffer[]): void {
    const useful = withoutSuperfluous(payload, units);
    if (!useful && !marker) return;
    const startsKeyframe = units.some((unit) => typeOf(unit) === nalType.sps) && !this.#described;
    if (startsKeyframe) this.#described = true;
    const payloads = splitPayload(useful ?? emptyFiller);
    for (const [index, part] of payloads.entries()) {
      const last = index === payloads.length - 1;
      // a copy: a cached slice must not keep the buffer that it is part of
      this.#output.write(
        { payload: Buffer.from(part), marker: marker && last, timestamp },
        startsKeyframe && index === 0,
      );
    }
  }
}

/** The units that begin in a packet; for a fragment its first bytes. */
export function unitsOf(payload: Buffer): Buffer[] {
  const type = typeOf(payload);
  if (type === nalType.stapA) return unitsOfAggregate(payload);
  if (type === nalType.fuA) return beginsUnit(payload) ? [headOf(payload)] : [];
  return type > 0 && type < nalType.stapA ? [payload] : [];
}

/** Whether a B slice begins in a packet. */
export function startsBidirectional(payload: Buffer): boolean {
  return unitsOf(payload).some((unit) => sliceHead(unit)?.bidirectional);
}

function isWhole(payload: Buffer): boolean {
  return typeOf(payload) !== nalType.fuA;
}

function beginsUnit(payload: Buffer): boolean {
  return payload.length > 2 && (payload.readUInt8(1) & 0x80) !== 0;
}

function headOf(payload: Buffer): Buffer {
  const header = (payload.readUInt8(0) & 0xe0) | (payload.readUInt8(1) & 0x1f);
  return Buffer.concat([Buffer.from([header]), payload.subarray(2, headLength)]);
}

/** The payload without delimiters and filler; undefined when nothing is left, or for packet types that are not passed on. */
function withoutSuperfluous(payload: Buffer, units: readonly Buffer[]): Buffer | undefined {
  const type = typeOf(payload);
  if (type === nalType.fuA)
    return payload.length > 2 && (payload.readUInt8(1) & 0x1f) !== nalType.filler ? payload : undefined;
  const useful = units.filter((unit) => !isSuperfluous(unit));
  if (useful.length === units.length) return units.length > 0 ? payload : undefined;
  return useful.length > 0 ? aggregate(useful) : undefined;
}
