import { z } from 'zod';
import type { Peer } from '../room/peer.ts';
import type { Metadata } from '../room/track.ts';
import { clientMetadata } from './client-metadata.ts';

/** Maximum length of an id, in characters. The clients' track ids have 73, mids a few. */
const maxIdentifierLength = 256;
/** Maximum number of entries of a map in an offer: one per media section. */
const maxEntries = 500;
/** Maximum length of an SDP, in characters; a media section has a few thousand. */
const maxSdpLength = 4_000_000;

/** Standard limit of metadata, in bytes of JSON. */
export const standardMaxMetadata = 65_536;

/** Well-formed, because protobuf cannot carry lone surrogates, and not `__proto__`, which is not an ordinary object key. */
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
 * An event of a client that needs an action, the same for both generations. `trackMetadata` is by track id and may lack
 * tracks. It and `midToTrackId` have no prototype.
 */
export type ClientEvent = z.infer<typeof clientEvent>;

/** The metadata of an event is too long. */
export class OversizedEventError extends Error {
  override readonly name = 'OversizedEventError';
  /** Whether the client cannot go on without a response. */
  readonly isFatal: boolean;

  /** @param type undefined: an update */
  constructor(maxMetadata: number, type?: ClientEvent['type']) {
    super(`The metadata is longer than ${maxMetadata} bytes`);
    this.isFatal = type === 'connect' || type === 'sdpOffer';
  }
}

/**
 * Validates an event. @returns undefined when it has a wrong shape or exceeds a limit
 * @param maxMetadata in bytes of JSON, for all metadata of the event
 * @throws OversizedEventError
 */
export function checkClientEvent(candidate: unknown, maxMetadata = standardMaxMetadata): ClientEvent | undefined {
  const event = clientEvent.safeParse(candidate).data;
  if (event && metadataSize(event) > maxMetadata) throw new OversizedEventError(maxMetadata, event.type);
  return event;
}

/**
 * Checks an event that changes tracks: everybody who joins is told the metadata of all tracks of a peer.
 * @param tracks of the peer, by id
 * @throws OversizedEventError
 */
export function limitTrackMetadata(event: ClientEvent, tracks: Peer['tracks'], maxMetadata: number): void {
  const all = new Map([...tracks].map(([id, { metadata }]) => [id, metadata]));
  if (event.type === 'updateTrackMetadata' && all.has(event.trackId)) all.set(event.trackId, event.metadata);
  else if (event.type !== 'sdpOffer') return;
  // Of a track that is there already, an offer changes nothing.
  else for (const [id, metadata] of Object.entries(event.trackMetadata)) if (!all.has(id)) all.set(id, metadata);
  if (sizeOf(all.values()) > maxMetadata) throw new OversizedEventError(maxMetadata, event.type);
}

function metadataSize(event: ClientEvent): number {
  if ('metadata' in event) return sizeOf([event.metadata]);
  return event.type === 'sdpOffer' ? sizeOf(Object.values(event.trackMetadata)) : 0;
}

/** In bytes of JSON. */
function sizeOf(all: Iterable<Metadata>): number {
  let size = 0;
  for (const metadata of all) size += Buffer.byteLength(JSON.stringify(metadata));
  return size;
}

/** A map without a prototype: its keys come from the client and must not reach inherited members. */
function recordOf<T extends z.ZodType>(value: T) {
  return z
    .record(identifier, value)
    .refine((record) => Object.keys(record).length <= maxEntries)
    .transform((record): Readonly<Record<string, z.infer<T>>> => Object.assign(Object.create(null), record));
}
