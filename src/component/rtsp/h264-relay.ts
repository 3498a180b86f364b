import {
  aggregate,
  isDescription,
  isSuperfluous,
  packetizeAccessUnit,
  splitPayload,
  unitsOfAggregate,
} from '../../media/rtp/h264-packetizer.ts';
import { isSlice, nalType, sliceHead, typeOf } from '../../media/rtp/nal-unit.ts';
import { isParameterSet, type ParameterSets } from '../../media/rtp/parameter-sets.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import type { VideoOutput } from './video-output.ts';

/** Filler data, sent for a marker bit whose packet is not passed on. */
const emptyFiller = Buffer.from([nalType.filler, 0x80]);
/** Maximum number of parameter sets and SEI units of a frame; more is an error. */
const maxDescription = 64;
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
  /** Whether a slice of the current frame has been sent. */
  #begun = false;
  /** Parameter sets and SEI of the current frame, to be sent before its first slice. */
  #description: Buffer[] = [];

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
    if (packet.timestamp !== this.#timestamp) this.#begun = false;
    this.#timestamp = packet.timestamp;
    const units = unitsOf(packet.payload);
    const description = isWhole(packet.payload) ? units.filter(isDescription) : [];
    for (const unit of description) this.#keep(unit);
    const slice = units.find(isSlice);
    if (slice && !this.#begun) this.#begin(packet.timestamp, slice);
    if (this.#started && (description.length === 0 || description.length < units.length)) this.#forward(packet, units);
    // the next one may have the same timestamp
    if (packet.marker) this.#begun = false;
  }

  /** Waits for a keyframe again. */
  restart(): void {
    this.#started = false;
    this.#timestamp = undefined;
    this.#begun = false;
    this.#description = [];
  }

  #keep(unit: Buffer): void {
    this.#sets.remember(unit);
    if (this.#description.length === maxDescription) this.#description.shift();
    this.#description.push(Buffer.from(unit));
  }

  /**
   * Sends parameter sets and SEI before the first slice of a frame, in the order that decoders need. A keyframe gets all known sets: without
   * them it cannot be decoded.
   */
  #begin(timestamp: number, slice: Buffer): void {
    const key = typeOf(slice) === nalType.idrSlice;
    if (key && this.#sets.describes(slice)) this.#started = true;
    if (!this.#started) return;
    this.#begun = true;
    const sets = key ? this.#sets.nals : this.#description.filter(isParameterSet).sort(bySequenceFirst);
    const others = this.#description.filter((nal) => !isParameterSet(nal));
    this.#description = [];
    for (const [index, payload] of packetizeAccessUnit([...sets, ...others]).entries()) {
      this.#output.write({ payload, marker: false, timestamp }, key && index === 0);
    }
  }

  #forward({ payload, marker, timestamp }: Pick<RtpPacket, 'payload' | 'marker' | 'timestamp'>, units: Buffer[]): void {
    const useful = withoutSuperfluous(payload, units);
    if (!useful && !marker) return;
    const payloads = splitPayload(useful ?? emptyFiller);
    for (const [index, part] of payloads.entries()) {
      const last = index === payloads.length - 1;
      // a copy: a cached slice must not keep the buffer that it is part of
      this.#output.write({ payload: Buffer.from(part), marker: marker && last, timestamp }, false);
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

/** Sorts parameter sets: picture parameter sets refer to sequence parameter sets. */
function bySequenceFirst(one: Buffer, other: Buffer): number {
  return typeOf(one) - typeOf(other);
}

/** The payload without delimiters, filler, parameter sets and SEI; undefined when nothing is left, or for packet types that are not passed on. */
function withoutSuperfluous(payload: Buffer, units: readonly Buffer[]): Buffer | undefined {
  const type = typeOf(payload);
  if (type === nalType.fuA)
    return payload.length > 2 && (payload.readUInt8(1) & 0x1f) !== nalType.filler ? payload : undefined;
  const useful = units.filter((unit) => !isSuperfluous(unit) && !isDescription(unit));
  if (useful.length === units.length) return units.length > 0 ? payload : undefined;
  return useful.length > 0 ? aggregate(useful) : undefined;
}
