import type { Endpoint } from '../room/endpoint.ts';
import type { Track } from '../room/track.ts';
import type { TurnEntry } from '../turn/turn-credentials.ts';
import type { ServerEvent } from './server-event.ts';

interface JsonEvent {
  readonly type: string;
  readonly data: object;
}

/** Encodes an event for clients of the older generation, as a JSON value (docs/contracts/media-events.md 3). */
export function jsonServerEvent(event: ServerEvent): JsonEvent {
  switch (event.type) {
    case 'connected':
      return { type: event.type, data: connected(event) };
    case 'endpointAdded': {
      const { id, type, metadata } = event.endpoint;
      return { type: event.type, data: { id, type, metadata } };
    }
    case 'endpointUpdated':
      return { type: event.type, data: { id: event.endpoint.id, metadata: event.endpoint.metadata } };
    case 'endpointRemoved':
      return { type: event.type, data: { id: event.endpointId } };
    case 'tracksAdded':
      return { type: event.type, data: { endpointId: event.endpointId, ...trackMaps(event.tracks) } };
    case 'tracksRemoved':
    case 'trackUpdated':
    case 'trackEncodingEnabled':
    case 'trackEncodingDisabled':
      return plain(event);
    case 'offerData':
      return custom({
        type: event.type,
        data: {
          tracksTypes: { audio: event.audio, video: event.video },
          integratedTurnServers: event.turnServers.map(turnServer),
        },
      });
    case 'sdpAnswer':
      return custom({
        type: event.type,
        data: { type: 'answer', sdp: event.sdp, midToTrackId: event.midToTrackId },
      });
    case 'encodingSwitched':
    case 'vadNotification':
    case 'bandwidthEstimation':
      return custom(plain(event));
  }
}

/** An event whose members have the same names as ours. */
function plain({ type, ...data }: ServerEvent): JsonEvent {
  return { type, data };
}

function custom(event: JsonEvent): JsonEvent {
  return { type: 'custom', data: event };
}

function connected({ peerId, endpoints }: Extract<ServerEvent, { type: 'connected' }>): object {
  return { id: peerId, otherEndpoints: endpoints.filter(({ id }) => id !== peerId).map(endpointWithTracks) };
}

function endpointWithTracks({ id, type, metadata, tracks }: Endpoint): object {
  return { id, type, metadata, ...trackMaps([...tracks.values()]) };
}

function turnServer({ serverAddr, serverPort, transport, username, password }: TurnEntry): object {
  return { serverAddr, serverPort, transport, username, password };
}

function trackMaps(tracks: readonly Track[]): object {
  return {
    trackIdToMetadata: Object.fromEntries(tracks.map(({ id, metadata }) => [id, metadata])),
    tracks: Object.fromEntries(
      tracks.map(({ id, metadata, simulcast }) => [id, { metadata, simulcastConfig: simulcast }]),
    ),
  };
}
