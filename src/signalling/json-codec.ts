import { readJsonClientEvent } from './json-client-event.ts';
import { jsonServerEvent } from './json-server-event.ts';
import { encodePeerMessage, type SignallingCodec } from './signalling-codec.ts';

/** The older generation of clients: media events are JSON text. */
export const jsonCodec: SignallingCodec = {
  decode: ({ content }, maxMetadata) =>
    content.case === 'mediaEvent' ? readJsonClientEvent(content.value.data, maxMetadata) : undefined,

  encode: (event) => encodePeerMessage({ case: 'mediaEvent', value: { data: JSON.stringify(jsonServerEvent(event)) } }),

  authenticated: () => encodePeerMessage({ case: 'authenticated', value: {} }),
};
