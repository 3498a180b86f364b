import type { ConsumerStat, ProducerStat } from 'mediasoup/types';
import type { Encoding } from '../room/track.ts';
import type { Measurements } from './measurements.ts';

const variants: Record<Encoding, string> = { l: 'low', m: 'medium', h: 'high' };

/** The values of one received track, or of one simulcast layer of it. */
export function inboundMeasurements(stat: ProducerStat): Measurements {
  return {
    'inbound-rtp.packets': stat.packetCount,
    'inbound-rtp.bytes_received': stat.byteCount,
    'inbound-rtp.encoding': codecName(stat.mimeType),
    'inbound-rtp.ssrc': stat.ssrc,
    'rtcp.nack_sent': stat.nackCount,
    'rtcp.pli_sent': stat.pliCount,
    'rtcp.fir_sent': stat.firCount,
    ...(stat.rtxSsrc && {
      rtx_stream: { 'inbound-rtp.packets': stat.packetsRetransmitted, 'inbound-rtp.ssrc': stat.rtxSsrc },
    }),
  };
}

/**
 * The values of one track that is sent to one peer.
 * @param encoding the simulcast layer that is sent; `undefined` while none is
 */
export function outboundMeasurements(stat: ConsumerStat, encoding: Encoding | undefined): Measurements {
  return {
    'outbound-rtp.packets': stat.packetCount,
    'outbound-rtp.bytes': stat.byteCount,
    'outbound-rtp.rtx_sent': stat.packetsRetransmitted,
    'outbound-rtp.variant': encoding && variants[encoding],
    'rtcp.nack_received': stat.nackCount,
    'rtcp.pli_received': stat.pliCount,
    'rtcp.fir_received': stat.firCount,
    ...(stat.rtxSsrc && { rtx_stream: { 'outbound-rtp.packets': stat.packetsRetransmitted } }),
  };
}

/** `video/VP8` -> `VP8`, `audio/opus` -> `OPUS`. */
function codecName(mimeType: string): string {
  return mimeType.slice(mimeType.indexOf('/') + 1).toUpperCase();
}
