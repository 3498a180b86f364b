import { create, toBinary } from '@bufbuild/protobuf';
import { PeerMessage_RoomType, PeerMessageSchema } from '../protobuf/peer_notifications_pb.js';
import { readCloudClientEvent } from './cloud-client-event.ts';
import { cloudServerEvent } from './cloud-server-event.ts';
import type { SignallingCodec } from './signalling-codec.ts';

/** The newer generation of clients: media events are protobuf messages (docs/contracts/media-events.md 9). */
export const cloudCodec: SignallingCodec = {
  decode: ({ content }) => (content.case === 'peerMediaEvent' ? readCloudClientEvent(content.value) : undefined),

  encode: (event) => {
    const content = cloudServerEvent(event);
    if (content === undefined) return undefined;
    return toBinary(
      PeerMessageSchema,
      create(PeerMessageSchema, { content: { case: 'serverMediaEvent', value: { content } } }),
    );
  },

  authenticated: () =>
    toBinary(
      PeerMessageSchema,
      create(PeerMessageSchema, {
        content: { case: 'authenticated', value: { roomType: PeerMessage_RoomType.CONFERENCE } },
      }),
    ),
};
