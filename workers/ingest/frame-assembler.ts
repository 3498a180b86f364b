import { H264Depacketizer } from '../../src/media/rtp/h264-depacketizer.ts';
import { isSlice, nalType, typeOf } from '../../src/media/rtp/nal-unit.ts';
import { ParameterSets } from '../../src/media/rtp/parameter-sets.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import { readSequenceParameters } from '../../src/media/rtp/sequence-parameters.ts';
import { readVp8Payload } from '../../src/media/rtp/vp8-depacketizer.ts';
import { readVp8FrameSize } from '../../src/media/rtp/vp8-frame-size.ts';
import type { Size } from '../../src/media/size.ts';
import type { Arrival } from './stream-socket.ts';

/** How keyframes are requested when frames are missing, in ms: every half second, and rarely once ten requests were in vain. */
export const keyframeRequestTimes = { interval: 500, timeout: 4500 };

/** A compressed frame as it came. */
export interface ReceivedFrame {
  /** H264: NAL units, parameter sets included where decoding can start. VP8: one frame. */
  readonly parts: readonly Buffer[];
  /** Whether decoding can start here. */
  readonly key: boolean;
  /** Known where decoding can start, unless the frame does not say it. */
  readonly size: Size | undefined;
  /** RTP, 32 bits. */
  readonly timestamp: number;
  /** When its first packet came, in ms of the clock. */
  readonly at: number;
}

/** Puts the parts of one frame together; what it gets is in order, and without a gap between two calls of `start`. */
interface FrameParts {
  /** Whether what came so far is of a frame where decoding can start, as far as that can be seen. */
  readonly key: boolean;
  /** A new frame begins. */
  start(): void;
  /** Whether a frame surely begins with this packet, and none of it is missing. */
  beginsWith(packet: RtpPacket): boolean;
  push(arrival: Arrival): void;
  /** @returns undefined when it has no beginning, or no frame in it */
  take(): Pick<ReceivedFrame, 'parts' | 'key' | 'size'> | undefined;
}

export interface FrameAssemblerEvents {
  readonly onFrame: (frame: ReceivedFrame) => void;
  /** Nothing can be decoded until the next keyframe. */
  readonly onBroken: () => void;
  /** A keyframe is on its way. When something of it does not come, that is told by `onBroken`. */
  readonly onKeyBegun: () => void;
}

/** Bytes of a frame; more is an attack or a mistake. */
const maxFrameLength = 8 * 1024 * 1024;

/** Makes frames that can be decoded of packets that are in order. After a loss there is none until the next keyframe. */
export class FrameAssembler {
  readonly #parts: FrameParts;
  readonly #events: FrameAssemblerEvents;
  #first: Arrival | undefined;
  #bytes = 0;
  /** A packet of the current frame is missing. */
  #damaged = false;
  #broken = true;
  #keyBegun = false;

  constructor(codec: 'video/H264' | 'video/VP8', events: FrameAssemblerEvents) {
    this.#parts = codec === 'video/H264' ? new H264Parts() : new Vp8Parts();
    this.#events = events;
  }

  /** @param afterLoss whether packets before this one are lost */
  push(arrival: Arrival, afterLoss: boolean): void {
    const { packet } = arrival;
    const newFrame = this.#first !== undefined && this.#first.packet.timestamp !== packet.timestamp;
    if (newFrame && !afterLoss) this.#finish();
    if (newFrame || !this.#first) this.#begin(arrival);
    if (afterLoss) this.#lose(arrival);
    // padding counts, but carries nothing
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

  /** What is lost may have been the end of the last frame, or the beginning of this one. */
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
    const parts = this.#sets.complete(nals);
    const sps = parts.find((nal) => typeOf(nal) === nalType.sps);
    return { parts, key, size: sps && readSequenceParameters(sps) };
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

/** Of what the payload begins with: RFC 6184 sections 5.6 to 5.8. */
function firstUnitType(payload: Buffer): number {
  const type = typeOf(payload);
  if (type === nalType.stapA) return typeOf(payload.subarray(3));
  return type === nalType.fuA ? typeOf(payload.subarray(1)) : type;
}
