const dollar = 0x24;
const responseStart = Buffer.from('RTSP/');
/** Number of bytes of a frame and its packet that tell its stream. */
const headLength = 16;
/** Maximum distance between the channels of one session. */
const maxDistance = 3;

/** Maximum length of packets that are waited for although they look like none. */
const maxOther = 512;

/** The interleaved streams of a connection so far, by which packets are recognised after bytes that belong to nothing. */
export class InterleavedStreams {
  /** SSRC by channel. */
  readonly #ssrcs = new Map<number, number>();

  /** Whether any stream has been seen. Before that nothing can be told from stray bytes. */
  get known(): boolean {
    return this.#ssrcs.size > 0;
  }

  /** To be called with each packet. */
  note(channel: number, packet: Buffer): void {
    const ssrc = ssrcOf(packet);
    if (ssrc !== undefined) this.#ssrcs.set(channel, ssrc);
  }

  /**
   * Whether bytes with `$` at their start are no packet: on a channel that no packet has come on, they neither look like one nor end where
   * something else starts.
   * @returns undefined when more bytes are needed to tell
   */
  excludes(data: Buffer): boolean | undefined {
    const channel = data.readUInt8(1);
    if (!this.known || this.#ssrcs.has(channel)) return false;
    const near = [...this.#ssrcs.keys()].some((known) => Math.abs(known - channel) <= maxDistance);
    const length = data.readUInt16BE(2);
    if (near && length >= 8) {
      if (data.length === 4) return undefined;
      if (data.readUInt8(4) >> 6 === 2) return false;
    }
    const end = 4 + length;
    if (data.length < end) return length > maxOther || undefined;
    const next = data[end];
    return next !== undefined && !maybeStart(next);
  }

  /** The first position at which a packet of a known stream or a response starts, or may start; the length when there is none. */
  find(data: Buffer, from: number): number {
    for (let at = from; at < data.length; at += 1) if (this.startsAt(data, at) !== false) return at;
    return data.length;
  }

  /** Whether a packet of a known stream or a response starts at a position. @returns undefined when more bytes are needed to tell */
  startsAt(data: Buffer, at: number): boolean | undefined {
    if (data[at] === responseStart[0]) {
      const start = data.subarray(at, at + responseStart.length);
      if (!start.equals(responseStart.subarray(0, start.length))) return false;
      return start.length === responseStart.length || undefined;
    }
    if (data[at] !== dollar) return false;
    const channel = data[at + 1];
    if (channel === undefined) return undefined;
    const known = this.#ssrcs.get(channel);
    if (known === undefined) return false;
    if (data.length < at + headLength) return undefined;
    return ssrcOf(data.subarray(at + 4, at + headLength)) === known;
  }
}

/** Whether a message, an empty line or a packet may start with this byte. */
function maybeStart(byte: number): boolean {
  return byte === dollar || byte === 0x0d || byte === 0x0a || (byte >= 0x41 && byte <= 0x5a);
}

/** The SSRC of an RTP or RTCP packet (RFC 3550 sections 5.1 and 6.4). @returns undefined when it is neither */
function ssrcOf(packet: Buffer): number | undefined {
  if (packet.length < 8 || packet.readUInt8(0) >> 6 !== 2) return undefined;
  const type = packet.readUInt8(1);
  if (type >= 200 && type <= 207) return packet.readUInt32BE(4);
  return packet.length < 12 ? undefined : packet.readUInt32BE(8);
}
