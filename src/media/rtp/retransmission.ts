import type { RtpPacket } from './rtp-packet.ts';

/** The stream that a retransmission stream repeats packets of. */
export interface RepeatedStream {
  readonly payloadType: number;
  readonly ssrc: number;
}

/** The original of a retransmitted packet (RFC 4588 section 4). @returns undefined when it carries none, as probes do */
export function readRetransmission(packet: RtpPacket, { payloadType, ssrc }: RepeatedStream): RtpPacket | undefined {
  if (packet.payload.length <= 2) return undefined;
  const sequenceNumber = packet.payload.readUInt16BE(0);
  return { ...packet, payloadType, ssrc, sequenceNumber, payload: packet.payload.subarray(2) };
}
