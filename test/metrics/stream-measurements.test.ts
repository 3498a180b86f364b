import type { ConsumerStat } from 'mediasoup/types';
import t from 'tap';
import { outboundMeasurements } from '../../src/metrics/stream-measurements.ts';

const stat: ConsumerStat = {
  type: 'outbound-rtp',
  timestamp: 1,
  ssrc: 7,
  kind: 'video',
  mimeType: 'video/H264',
  packetsLost: 1,
  fractionLost: 2,
  jitter: 3,
  packetsDiscarded: 4,
  packetsRetransmitted: 5,
  packetsRepaired: 6,
  nackCount: 8,
  nackPacketCount: 9,
  pliCount: 10,
  firCount: 11,
  score: 12,
  packetCount: 13,
  byteCount: 14,
  bitrate: 15,
};

t.test('a track that is sent to a peer has its counters and layer', async (t) => {
  t.strictSame(outboundMeasurements(stat, 'm'), {
    'outbound-rtp.packets': 13,
    'outbound-rtp.bytes': 14,
    'outbound-rtp.rtx_sent': 5,
    'outbound-rtp.variant': 'medium',
    'rtcp.nack_received': 8,
    'rtcp.pli_received': 10,
    'rtcp.fir_received': 11,
  });
});

t.test('layers have the names of the old servers; without a layer the variant is left out', async (t) => {
  const variants = (['l', 'h', undefined] as const).map(
    (layer) => outboundMeasurements(stat, layer)['outbound-rtp.variant'],
  );
  t.strictSame(variants, ['low', 'high', undefined]);
});

t.test('retransmissions with a stream of their own are counted', async (t) => {
  t.match(outboundMeasurements({ ...stat, rtxSsrc: 99 }, 'h'), { rtx_stream: { 'outbound-rtp.packets': 5 } });
});
