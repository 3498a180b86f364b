import { z } from 'zod';
import { clientMetadata } from './client-metadata.ts';

/** Characters. The clients' own track ids have 73, mids a few. */
const maxIdentifierLength = 256;
/** Entries of a map in an offer: media sections of one peer. */
const maxEntries = 500;
/** Characters; a media section has a few thousand. */
const maxSdpLength = 4_000_000;

/** Well-formed, because protobuf cannot carry lone surrogates; not the one name that is no ordinary key of an object. */
const identifier = z
  .string()
  .min(1)
  .max(maxIdentifierLength)
  .refine((id) => id !== '__proto__' && id.isWellFormed());

const encoding = z.enum(['l', 'm', 'h']);

const layerOfTrack = <T extends string>(type: T) => z.object({ type: z.literal(type), trackId: identifier, encoding });

const clientEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connect'), metadata: clientMetadata }),
  z.object({ type: z.literal('renegotiateTracks') }),
  z.object({
    type: z.literal('sdpOffer'),
    sdp: z.string().max(maxSdpLength),
    trackMetadata: recordOf(clientMetadata),
    midToTrackId: recordOf(identifier),
  }),
  layerOfTrack('setTargetTrackVariant'),
  layerOfTrack('enableTrackEncoding'),
  layerOfTrack('disableTrackEncoding'),
  z.object({ type: z.literal('updateEndpointMetadata'), metadata: clientMetadata }),
  z.object({ type: z.literal('updateTrackMetadata'), trackId: identifier, metadata: clientMetadata }),
]);

/**
 * What a client says that needs an action, whatever its generation. `trackMetadata` is by track id and may lack tracks;
 * it and `midToTrackId` have no prototype.
 */
export type ClientEvent = z.infer<typeof clientEvent>;

/** The event if it is one and keeps within the bounds, otherwise undefined. */
export function checkClientEvent(candidate: unknown): ClientEvent | undefined {
  return clientEvent.safeParse(candidate).data;
}

/** Keys come from the client: without a prototype none of them can name anything else. */
function recordOf<T extends z.ZodType>(value: T) {
  return z
    .record(identifier, value)
    .refine((record) => Object.keys(record).length <= maxEntries)
    .transform((record): Readonly<Record<string, z.infer<T>>> => Object.assign(Object.create(null), record));
}
