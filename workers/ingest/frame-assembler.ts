import { H264Depacketizer } from '../../src/media/rtp/h264-depacketizer.ts';
import { isSlice, nalType, typeOf } from '../../src/media/rtp/nal-unit.ts';
import { ParameterSets } from '../../src/media/rtp/parameter-sets.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { readSequenceParameters } from '../../src/media/rtp/sequence-parameters.ts';
import { readVp8Payload } from '../../src/media/rtp/vp8-depacketizer.ts';
import { readVp8FrameSize } from '../../src/media/rtp/vp8-frame-size.ts';
import type { Size } from '../../src/media/size.ts';
import type { Arrival } from './stream-socket.ts';

/** Intervals of keyframe requests, in ms: every half second, and rarely after ten requests without a response. */
export const keyframeRequestTimes = { interval: 500, timeout: 4500 };

/** A received compressed frame. */
export interface ReceivedFrame {
  /** H264: NAL units, parameter sets included where decoding can start. VP8: one frame. */
  readonly parts: readonly Buffer[];
  /** Whether decoding can start here. */
  readonly key: boolean;
  /** Size of a keyframe, if it contains one. */
  readonly size: Size | undefined;
  /** RTP timestamp, 32 bits. */
  readonly timestamp: number;
  /** Arrival of its first packet, in ms of the clock. */
  readonly at: number;
}

/** Reassembles a frame. Packets are in order, and without a gap between two calls of `start`. */
interface FrameParts {
  /** Whether the packets so far belong to a keyframe, as far as known. */
  readonly key: boolean;
  /** Starts a new frame. */
  start(): void;
  /** Whether this packet is certainly the first of a frame. */
  beginsWith(packet: RtpPacket): boolean;
  push(arrival: Arrival): void;
  /** Ends the frame. @returns undefined when its start is missing or it has no data */
  take(): Pick<ReceivedFrame, 'parts' | 'key' | 'size'> | undefined;
}

export interface FrameAssemblerEvents {
  readonly onFrame: (frame: ReceivedFrame) => void;
  /** Called when nothing can be decoded until the next keyframe. */
  readonly onBroken: () => void;
  /** Called when a keyframe has begun to arrive. If a part of it is lost, `onBroken` is called. */
  readonly onKeyBegun: () => void;
}

const nothing = Buffer.alloc(0);
/** Maximum size of a frame, in bytes; more is an attack or an error. */
const maxFrameLength = 8 * 1024 * 1024;

/** Reassembles decodable frames from packets in order. After a loss there is none until the next keyframe. */
export class FrameAssembler {
  readonly #parts: FrameParts;
  readonly #events: FrameAssemblerEvents;
  #first: Arrival | undefined;
  #bytes = 0;
  /** Whether a packet of the current frame is missing. */
  #damaged = false;
  #broken = true;
  #keyBegun = false;

  constructor(codec: 'video/H264' | 'video/VP8', events: FrameAssemblerEvents) {
    this.#parts = codec === 'video/H264' ? new H264Parts() : new Vp8Parts();
    this.#events = events;
  }

  /** Adds a packet. @param afterLoss whether packets before it are lost */
  push(arrival: Arrival, afterLoss: boolean): void {
    const { packet } = arrival;
    const newFrame = this.#first !== undefined && this.#first.packet.timestamp !== packet.timestamp;
    if (newFrame && !afterLoss) this.#finish();
    if (newFrame || !this.#first) this.#begin(arrival);
    if (afterLoss) this.#lose(arrival);
    // padding has a sequence number, but no payload
    if (packet.payload.length > 0) this.#parts.push(arrival);
    this.#noteKey();
    this.#bytes += packet.payload.length;
    if (this.#bytes > maxFrameLength) this.#damage();
    if (packet.marker) this.#finish();
  }

  #begin(arrival: Arrival): void {
    this.#first = arrival;
    this.#bytes = 0;
    this.#damaged = false;
    this.#keyBegun = false;
    this.#parts.start();
  }

  /** Lost packets may be the end of the last frame or the start of this one. */
  #lose(arrival: Arrival): void {
    if (this.#first === arrival && this.#parts.beginsWith(arrival.packet)) this.#break();
    else this.#damage();
  }

  #noteKey(): void {
    if (this.#damaged || this.#keyBegun || !this.#parts.key) return;
    this.#keyBegun = true;
    this.#events.onKeyBegun();
  }

  #damage(): void {
    this.#damaged = true;
    this.#parts.start();
    this.#break();
  }

  #break(): void {
    this.#broken = true;
    this.#events.onBroken();
  }

  #finish(): void {
    const first = this.#first;
    this.#first = undefined;
    const frame = this.#damaged ? undefined : this.#parts.take();
    if (!first || !frame) return;
    if (this.#broken && !frame.key) return this.#events.onBroken();
    this.#broken = false;
    this.#events.onFrame({ ...frame, timestamp: first.packet.timestamp, at: first.at });
  }
}

class H264Parts implements FrameParts {
  readonly #depacketizer = new H264Depacketizer();
  readonly #sets = new ParameterSets();
  #nals: Buffer[] = [];
  key = false;

  start(): void {
    this.#nals = [];
    this.key = false;
  }

  /** Parameter sets come before all slices of their frame, a delimiter before everything. */
  beginsWith({ payload }: RtpPacket): boolean {
    const type = firstUnitType(payload);
    return type === nalType.sps || type === nalType.accessUnitDelimiter;
  }

  push({ packet }: Arrival): void {
    const type = firstUnitType(packet.payload);
    this.key ||= type === nalType.sps || type === nalType.idrSlice;
    for (const nal of this.#depacketizer.push(packet)) {
      if (typeOf(nal) === nalType.accessUnitDelimiter || typeOf(nal) === nalType.filler) continue;
      this.#sets.remember(nal);
      this.#nals.push(nal);
    }
  }

  take() {
    const nals = this.#nals;
    this.#nals = [];
    if (!nals.some(isSlice)) return undefined;
    const key = nals.some((nal) => typeOf(nal) === nalType.idrSlice);
    if (!key) return { parts: nals, key, size: undefined };
    const sps = this.#sets.sequenceOf(nals.find(isSlice) ?? nothing) ?? this.#sets.nals[0];
    return { parts: this.#sets.describe(nals), key, size: sps && readSequenceParameters(sps) };
  }
}

class Vp8Parts implements FrameParts {
  #data: Buffer[] = [];
  key = false;

  start(): void {
    this.#data = [];
    this.key = false;
  }

  beginsWith({ payload }: RtpPacket): boolean {
    return readVp8Payload(payload)?.first ?? false;
  }

  push({ packet }: Arrival): void {
    const fragment = readVp8Payload(packet.payload);
    if (!fragment || (this.#data.length === 0 && !fragment.first)) return;
    if (this.#data.length === 0) this.key = fragment.key;
    this.#data.push(fragment.data);
  }

  take() {
    const [data, key] = [Buffer.concat(this.#data), this.key];
    this.start();
    return data.length > 0 ? { parts: [data], key, size: key ? readVp8FrameSize(data) : undefined } : undefined;
  }
}

/** Type of the first unit in a payload: RFC 6184 sections 5.6 to 5.8. */
function firstUnitType(payload: Buffer): number {
  const type = typeOf(payload);
  if (type === nalType.stapA) return typeOf(payload.subarray(3));
  return type === nalType.fuA ? typeOf(payload.subarray(1)) : type;
}
