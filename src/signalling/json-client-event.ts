import { type ClientEvent, checkClientEvent } from './client-event.ts';
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

/**
 * Reads the JSON text of a client's media event (docs/contracts/fishjam-sockets.md 10.1).
 * @returns undefined when it needs no action
 * @throws MalformedEventError when it is not JSON
 */
export function readJsonClientEvent(text: string): ClientEvent | undefined {
  const event = parseJsonText(text);
  if (!hasMembers(event)) return undefined;
  return event.type === 'custom' ? translate(customTranslations, event.data) : translate(translations, event);
}

function translate(known: ReadonlyMap<unknown, Translation>, event: unknown): ClientEvent | undefined {
  if (!hasMembers(event)) return undefined;
  const translation = known.get(event.type);
  return translation && checkClientEvent(translation(hasMembers(event.data) ? event.data : {}));
}

function translateOffer({ sdpOffer, trackIdToTrackMetadata, midToTrackId }: Members): unknown {
  const sdp = hasMembers(sdpOffer) && sdpOffer.type === 'offer' ? sdpOffer.sdp : undefined;
  return { type: 'sdpOffer', sdp, trackMetadata: trackIdToTrackMetadata, midToTrackId };
}

function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
