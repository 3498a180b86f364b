import type { MediaEvent, MediaEvent_SdpOffer } from '../protobuf/media_events/peer_pb.js';
import { type ClientEvent, checkClientEvent, OversizedEventError, standardMaxMetadata } from './client-event.ts';
import { encodingOf } from './cloud-variant.ts';
import { parseJsonText } from './json-text.ts';

/**
 * Reads a media event of a client of the newer generation.
 * @returns undefined when it needs no action
 * @throws MalformedEventError when metadata is not JSON
 * @throws OversizedEventError
 */
export function readCloudClientEvent(
  { content }: MediaEvent,
  maxMetadata = standardMaxMetadata,
): ClientEvent | undefined {
  const check = (event: object) => checkClientEvent(event, maxMetadata);
  // Before it is parsed.
  const limit = (type: ClientEvent['type'], length: number) => {
    if (length > maxMetadata) throw new OversizedEventError(maxMetadata, type);
  };
  switch (content.case) {
    case 'connect':
    case 'updateEndpointMetadata': {
      const { metadataJson } = content.value;
      limit(content.case, metadataJson.length);
      return check({ type: content.case, metadata: metadataOf(metadataJson) });
    }
    case 'updateTrackMetadata': {
      const { trackId, metadataJson } = content.value;
      limit(content.case, metadataJson.length);
      return check({ type: content.case, trackId, metadata: metadataOf(metadataJson) });
    }
    case 'renegotiateTracks':
      return { type: 'renegotiateTracks' };
    case 'sdpOffer': {
      const texts = Object.values(content.value.trackIdToMetadataJson);
      limit(
        content.case,
        texts.reduce((length, text) => length + text.length, 0),
      );
      return check(offerOf(content.value));
    }
    case 'setTargetTrackVariant':
      return check({ type: content.case, ...layerOf(content.value) });
    case 'enableTrackVariant':
      return check({ type: 'enableTrackEncoding', ...layerOf(content.value) });
    case 'disableTrackVariant':
      return check({ type: 'disableTrackEncoding', ...layerOf(content.value) });
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
