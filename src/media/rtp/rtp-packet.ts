/** The fields of an RTP packet that differ between packets of a stream; SSRC and payload type do not. */
export interface OutgoingPacket {
  /** 0 to 65535. */
  readonly sequenceNumber: number;
  /** 0 to 2^32 - 1, in ticks of the payload's clock. */
  readonly timestamp: number;
  /** Whether it is the last packet of a frame. */
  readonly marker: boolean;
  readonly payload: Buffer;
}

/** An RTP packet (RFC 3550, section 5.1); header extensions and contributing sources are skipped. */
export interface RtpPacket extends OutgoingPacket {
  readonly payloadType: number;
  readonly ssrc: number;
}

const fixedLength = 12;

/** Parses a packet; none of its lengths is trusted. @returns undefined when it is not RTP */
export function parseRtp(packet: Buffer): RtpPacket | undefined {
  if (packet.length < fixedLength) return undefined;
  const first = packet.readUInt8(0);
  if (first >> 6 !== 2) return undefined;
  let start = fixedLength + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  const padding = first & 0x20 ? packet.readUInt8(packet.length - 1) : 0;
  const end = packet.length - padding;
  if (end < start) return undefined;
  const second = packet.readUInt8(1);
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(start, end),
  };
}

/**
 * The original of a retransmitted packet (RFC 4588 section 4).
 * @param stream the stream whose packets are repeated
 * @returns undefined when it has none, as in probes
 */
export function readRetransmission(
  packet: RtpPacket,
  { payloadType, ssrc }: Pick<RtpPacket, 'payloadType' | 'ssrc'>,
): RtpPacket | undefined {
  if (packet.payload.length <= 2) return undefined;
  const sequenceNumber = packet.payload.readUInt16BE(0);
  return { ...packet, payloadType, ssrc, sequenceNumber, payload: packet.payload.subarray(2) };
}

/** Writes a packet. @throws RangeError when a field is out of range */
export function serializeRtp(packet: RtpPacket): Buffer {
  const { payload } = packet;
  const bytes = Buffer.allocUnsafe(fixedLength + payload.length);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8((packet.marker ? 0x80 : 0) + packet.payloadType, 1);
  bytes.writeUInt16BE(packet.sequenceNumber, 2);
  bytes.writeUInt32BE(packet.timestamp, 4);
  bytes.writeUInt32BE(packet.ssrc, 8);
  payload.copy(bytes, fixedLength);
  return bytes;
}

/** Distance from sequence number `from` to `to`: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** Distance from timestamp `from` to `to`: -2^31 to 2^31 - 1 ticks. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}
