import type { Consumer, RtpCapabilities, Transport } from 'mediasoup/types';
import type { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/**
 * Consumes a publication on this host, through a transport of its own.
 * @returns the consumer, paused, so that the caller misses nothing
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

/** Without the extensions and feedback for bandwidth estimation: the local connection needs none, and mediasoup would probe it. */
function withoutEstimation({ codecs = [] }: RtpCapabilities): RtpCapabilities {
  const plain = codecs.map((codec) => ({
    ...codec,
    rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => type === 'nack'),
  }));
  return { codecs: plain, headerExtensions: [] };
}
