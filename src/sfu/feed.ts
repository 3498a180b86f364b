import { randomInt } from 'node:crypto';
import type { Transport } from 'mediasoup/types';
import { type FeedOptions, feedCodecs } from './feed-codec.ts';
import { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/** Media that does not come by WebRTC, sent into a room. */
export interface Feed {
  readonly publication: Publication;
  readonly closed: boolean;
  /** Idempotent. */
  close(): void;
}

/** The stream of a feed. */
export interface FeedStream {
  readonly publication: Publication;
  readonly ssrc: number;
  readonly payloadType: number;
}

/** Publishes a stream that arrives through a transport. @throws when the room is closed or does not accept the codec; the transport is closed then */
export async function publishFeed(
  router: RoomRouter,
  transport: Transport,
  { trackId, codec, cname }: FeedOptions,
): Promise<FeedStream> {
  const parameters = feedCodecs[codec];
  const ssrc = randomInt(1, 2 ** 32);
  const rtpParameters = { codecs: [parameters], encodings: [{ ssrc }], rtcp: { cname } };
  try {
    const producer = await transport.produce({ kind: codec === 'opus' ? 'audio' : 'video', rtpParameters });
    const publication = new Publication(trackId, producer, []);
    await router.addPublication(publication);
    return { publication, ssrc, payloadType: parameters.payloadType };
  } catch (error) {
    transport.close();
    throw error;
  }
}
