import { PeerMessage_RoomType } from '../protobuf/peer_notifications_pb.js';
import { readCloudClientEvent } from './cloud-client-event.ts';
import { cloudServerEvent } from './cloud-server-event.ts';
import { encodePeerMessage, type SignallingCodec } from './signalling-codec.ts';

/** The newer generation of clients: media events are protobuf messages (docs/contracts/media-events.md 9). */
export const cloudCodec: SignallingCodec = {
  decode: ({ content }, maxMetadata) =>
    content.case === 'peerMediaEvent' ? readCloudClientEvent(content.value, maxMetadata) : undefined,

  encode: (event) => {
    const content = cloudServerEvent(event);
    return content && encodePeerMessage({ case: 'serverMediaEvent', value: { content } });
  },

  authenticated: () =>
    encodePeerMessage({ case: 'authenticated', value: { roomType: PeerMessage_RoomType.CONFERENCE } }),
};
