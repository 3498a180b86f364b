import { hasMoreMembers } from '../net/json-members.ts';
import { type ClientEvent, checkClientEvent, OversizedEventError, standardMaxMetadata } from './client-event.ts';
import { parseJsonText } from './json-text.ts';

type Members = Readonly<Record<string, unknown>>;
/** Maps the members of an event's `data` to our names. They are validated later. */
type Translation = (data: Members) => unknown;

const translations = new Map<unknown, Translation>([
  ['connect', ({ metadata }) => ({ type: 'connect', metadata })],
  ['updateEndpointMetadata', ({ metadata }) => ({ type: 'updateEndpointMetadata', metadata })],
  [
    'updateTrackMetadata',
    ({ trackId, trackMetadata }) => ({ type: 'updateTrackMetadata', trackId, metadata: trackMetadata }),
  ],
  ['enableTrackEncoding', ({ trackId, encoding }) => ({ type: 'enableTrackEncoding', trackId, encoding })],
  ['disableTrackEncoding', ({ trackId, encoding }) => ({ type: 'disableTrackEncoding', trackId, encoding })],
]);

/** Events that are wrapped in an event of type `custom`. */
const customTranslations = new Map<unknown, Translation>([
  ['renegotiateTracks', () => ({ type: 'renegotiateTracks' })],
  ['sdpOffer', translateOffer],
  ['setTargetTrackVariant', ({ trackId, variant }) => ({ type: 'setTargetTrackVariant', trackId, encoding: variant })],
]);

/** Maximum length of an event beside its metadata, in characters, unless it is an offer: that has one long text. */
const maxEnvelope = 4096;
/** Maximum number of members and items of a longer event. */
const maxMembers = 20_000;

/**
 * Reads the JSON text of a client's media event (docs/contracts/fishjam-sockets.md 10.1).
 * @returns undefined when it needs no action
 * @throws MalformedEventError when it is not JSON
 * @throws OversizedEventError
 */
export function readJsonClientEvent(text: string, maxMetadata = standardMaxMetadata): ClientEvent | undefined {
  if (text.length > maxMetadata + maxEnvelope && hasMoreMembers(text, maxMembers)) {
    throw new OversizedEventError(maxMetadata);
  }
  const event = parseJsonText(text);
  if (!hasMembers(event)) return undefined;
  const candidate =
    event.type === 'custom' ? translate(customTranslations, event.data) : translate(translations, event);
  return checkClientEvent(candidate, maxMetadata);
}

function translate(known: ReadonlyMap<unknown, Translation>, event: unknown): unknown {
  if (!hasMembers(event)) return undefined;
  const translation = known.get(event.type);
  return translation?.(hasMembers(event.data) ? event.data : {});
}

function translateOffer({ sdpOffer, trackIdToTrackMetadata, midToTrackId }: Members): unknown {
  const sdp = hasMembers(sdpOffer) && sdpOffer.type === 'offer' ? sdpOffer.sdp : undefined;
  return { type: 'sdpOffer', sdp, trackMetadata: trackIdToTrackMetadata, midToTrackId };
}

function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
