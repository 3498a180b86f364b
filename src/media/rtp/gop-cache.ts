import { type OutgoingPacket, timestampDistance } from './rtp-packet.ts';

/** Maximum size of a group of pictures, in bytes; a larger one cannot be replayed. */
const maxBytes = 2 * 1024 * 1024;
/** Assumed memory of a packet beside its payload, in bytes, so that many tiny ones do not fill the memory. */
const bytesPerPacket = 200;

/** A packet without a sequence number, which the sender assigns. */
export type VideoPacket = Omit<OutgoingPacket, 'sequenceNumber'>;

/**
 * The packets since the last keyframe. Sent again, they give a new viewer a frame at once when the source cannot create a
 * keyframe.
 */
export class GopCache {
  #packets: VideoPacket[] = [];
  #bytes = 0;
  #whole = false;

  /** Adds a packet. @param startsKeyframe whether it is the first packet of a keyframe, parameter sets included */
  add(packet: VideoPacket, startsKeyframe: boolean): void {
    if (startsKeyframe) {
      this.clear();
      this.#whole = true;
    }
    this.#bytes += packet.payload.length + bytesPerPacket;
    if (this.#bytes > maxBytes) this.clear();
    if (this.#whole) this.#packets.push(packet);
  }

  /** Drops the packets. To be called after a loss: they cannot be decoded any more. */
  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#whole = false;
  }

  /**
   * The packets of the group again, its frames one tick apart.
   * @param after timestamp of the last packet that was sent
   * @param ticksPerFrame ticks between two frames of the stream, into which the frames of the group must fit
   * @returns nothing when there is no group, a frame is not complete yet, or they do not fit
   */
  replay(after: number, ticksPerFrame: number): VideoPacket[] {
    const last = this.#packets.at(-1);
    if (!last?.marker) return [];
    const frames = this.#packets.filter(({ marker }) => marker).length;
    if (frames >= ticksPerFrame) return [];
    let timestamp = after;
    let original: number | undefined;
    return this.#packets.map((packet) => {
      if (original === undefined || timestampDistance(original, packet.timestamp) !== 0)
        timestamp = (timestamp + 1) >>> 0;
      original = packet.timestamp;
      return { ...packet, timestamp };
    });
  }
}
