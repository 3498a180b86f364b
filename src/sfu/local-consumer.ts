import type { Consumer, RtpCapabilities, Transport } from 'mediasoup/types';
import type { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/**
 * Consumes a publication on this host, through a transport that is for nothing else.
 * @returns the consumer, paused, so that nothing is missed
 * @throws when the room or the publication is closed; the transport is closed then
 */
export async function consumeLocally(
  router: RoomRouter,
  publication: Publication,
  transport: Transport,
): Promise<Consumer> {
  try {
    const rtpCapabilities = withoutEstimation(router.rtpCapabilities);
    const consumer = await transport.consume({ producerId: publication.producer.id, rtpCapabilities, paused: true });
    consumer.observer.once('close', () => transport.close());
    return consumer;
  } catch (error) {
    transport.close();
    throw error;
  }
}

/** With the router's full capabilities mediasoup would probe the bandwidth of a channel that has no limit. */
function withoutEstimation({ codecs = [] }: RtpCapabilities): RtpCapabilities {
  const plain = codecs.map((codec) => ({
    ...codec,
    rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => type === 'nack'),
  }));
  return { codecs: plain, headerExtensions: [] };
}
