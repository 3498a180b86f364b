import { create, toBinary } from '@bufbuild/protobuf';
import { PeerMessageSchema } from '../protobuf/peer_notifications_pb.js';
import { readJsonClientEvent } from './json-client-event.ts';
import { jsonServerEvent } from './json-server-event.ts';
import type { SignallingCodec } from './signalling-codec.ts';

/** The older generation of clients: media events are JSON text. */
export const jsonCodec: SignallingCodec = {
  decode: ({ content }) => (content.case === 'mediaEvent' ? readJsonClientEvent(content.value.data) : undefined),

  encode: (event) =>
    toBinary(
      PeerMessageSchema,
      create(PeerMessageSchema, {
        content: { case: 'mediaEvent', value: { data: JSON.stringify(jsonServerEvent(event)) } },
      }),
    ),

  authenticated: () =>
    toBinary(PeerMessageSchema, create(PeerMessageSchema, { content: { case: 'authenticated', value: {} } })),
};
