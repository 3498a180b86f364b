import type { RtpPacket } from './rtp-packet.ts';

/** The stream whose packets a retransmission stream repeats. */
export interface RepeatedStream {
  readonly payloadType: number;
  readonly ssrc: number;
}

/** The original of a retransmitted packet (RFC 4588 section 4). @returns undefined when it has none, as in probes */
export function readRetransmission(packet: RtpPacket, { payloadType, ssrc }: RepeatedStream): RtpPacket | undefined {
  if (packet.payload.length <= 2) return undefined;
  const sequenceNumber = packet.payload.readUInt16BE(0);
  return { ...packet, payloadType, ssrc, sequenceNumber, payload: packet.payload.subarray(2) };
}
