import type { MediaEvent, MediaEvent_SdpOffer } from '../protobuf/media_events/peer_pb.js';
import { type ClientEvent, checkClientEvent } from './client-event.ts';
import { encodingOf } from './cloud-variant.ts';
import { parseJsonText } from './json-text.ts';

/**
 * Reads a media event of a client of the newer generation.
 * @returns undefined when it needs no action
 * @throws MalformedEventError when metadata is not JSON
 */
export function readCloudClientEvent({ content }: MediaEvent): ClientEvent | undefined {
  switch (content.case) {
    case 'connect':
      return checkClientEvent({ type: 'connect', metadata: metadataOf(content.value.metadataJson) });
    case 'updateEndpointMetadata':
      return checkClientEvent({ type: content.case, metadata: metadataOf(content.value.metadataJson) });
    case 'updateTrackMetadata': {
      const { trackId, metadataJson } = content.value;
      return checkClientEvent({ type: content.case, trackId, metadata: metadataOf(metadataJson) });
    }
    case 'renegotiateTracks':
      return { type: 'renegotiateTracks' };
    case 'sdpOffer':
      return checkClientEvent(offerOf(content.value));
    case 'setTargetTrackVariant':
      return checkClientEvent({ type: content.case, ...layerOf(content.value) });
    case 'enableTrackVariant':
      return checkClientEvent({ type: 'enableTrackEncoding', ...layerOf(content.value) });
    case 'disableTrackVariant':
      return checkClientEvent({ type: 'disableTrackEncoding', ...layerOf(content.value) });
    default:
      return undefined;
  }
}

/** Metadata that a client left out arrives as an empty string. */
function metadataOf(json: string): unknown {
  return json === '' ? null : parseJsonText(json);
}

function layerOf({ trackId, variant }: { trackId: string; variant: number }): object {
  return { trackId, encoding: encodingOf(variant) };
}

function offerOf({ sdp, trackIdToMetadataJson, midToTrackId }: MediaEvent_SdpOffer): object {
  const trackMetadata = Object.entries(trackIdToMetadataJson).map(([trackId, json]) => [trackId, metadataOf(json)]);
  return { type: 'sdpOffer', sdp, trackMetadata: Object.fromEntries(trackMetadata), midToTrackId };
}
