import { timestampDistance } from './rtp-packet.ts';

/** Bytes of a group of pictures that is kept; longer ones cannot be replayed. */
const mostBytes = 2 * 1024 * 1024;
/** What keeping a packet costs beside its payload: many tiny ones must not fill the memory either. */
const bytesPerPacket = 200;

/** A packet without a sequence number: the sender gives it one. */
export interface VideoPacket {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
}

/**
 * The packets since the last keyframe. Sent once more they give a picture at once to a viewer that just joined, when the source
 * cannot make a keyframe.
 */
export class GopCache {
  #packets: VideoPacket[] = [];
  #bytes = 0;
  #whole = false;

  /** @param startsKeyframe whether this is the first packet of a keyframe, parameter sets included */
  add(packet: VideoPacket, startsKeyframe: boolean): void {
    if (startsKeyframe) {
      this.#packets = [];
      this.#bytes = 0;
      this.#whole = true;
    }
    this.#bytes += packet.payload.length + bytesPerPacket;
    if (this.#bytes > mostBytes) this.clear();
    if (this.#whole) this.#packets.push(packet);
  }

  /** After a loss: what is kept cannot be decoded any more. */
  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#whole = false;
  }

  /**
   * The group once more, its pictures one tick apart.
   * @param after timestamp of the last packet that was sent
   * @param ticksPerFrame the pictures must fit between two of the stream
   * @returns nothing when there is no whole group, a picture is not complete yet, or they do not fit
   */
  replay(after: number, ticksPerFrame: number): VideoPacket[] {
    const last = this.#packets.at(-1);
    if (!last?.marker) return [];
    const pictures = this.#packets.filter(({ marker }) => marker).length;
    if (pictures >= ticksPerFrame) return [];
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
