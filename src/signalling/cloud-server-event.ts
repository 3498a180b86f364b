import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type MediaEvent_ConnectedSchema,
  type MediaEvent_TrackSchema,
  type MediaEventSchema,
  MediaEvent_VadNotification_Status as VadStatus,
} from '../protobuf/media_events/server_pb.js';
import { Variant } from '../protobuf/media_events/shared_pb.js';
import type { Endpoint } from '../room/endpoint.ts';
import type { Metadata, SimulcastConfig, Track } from '../room/track.ts';
import type { TurnEntry } from '../turn/turn-credentials.ts';
import { variantOf } from './cloud-variant.ts';
import type { ServerEvent } from './server-event.ts';

type Content = MessageInitShape<typeof MediaEventSchema>['content'];
type TrackMap = Record<string, MessageInitShape<typeof MediaEvent_TrackSchema>>;

/** Encodes an event for clients of the newer generation. @returns undefined when they have no such event */
export function cloudServerEvent(event: ServerEvent): Content {
  switch (event.type) {
    case 'connected':
      return { case: event.type, value: connected(event) };
    case 'endpointAdded':
    case 'endpointUpdated': {
      const metadataJson = endpointMetadata(event.endpoint);
      return { case: event.type, value: { endpointId: event.endpoint.id, metadataJson } };
    }
    case 'endpointRemoved':
      return { case: event.type, value: { endpointId: event.endpointId } };
    case 'tracksAdded':
      return { case: event.type, value: { endpointId: event.endpointId, trackIdToTrack: trackMap(event.tracks) } };
    case 'tracksRemoved':
      return { case: event.type, value: { endpointId: event.endpointId, trackIds: [...event.trackIds] } };
    case 'trackUpdated':
      return { case: event.type, value: { ...trackOf(event), metadataJson: trackMetadata(event.metadata) } };
    case 'trackEncodingEnabled':
      return { case: 'trackVariantEnabled', value: { ...trackOf(event), variant: variantOf(event.encoding) } };
    case 'trackEncodingDisabled':
      return { case: 'trackVariantDisabled', value: { ...trackOf(event), variant: variantOf(event.encoding) } };
    case 'encodingSwitched':
      return { case: 'trackVariantSwitched', value: { ...trackOf(event), variant: variantOf(event.encoding) } };
    case 'offerData':
      return { case: event.type, value: { tracksTypes: { audio: event.audio, video: event.video } } };
    case 'sdpAnswer':
      return { case: event.type, value: { sdp: event.sdp, midToTrackId: { ...event.midToTrackId } } };
    case 'vadNotification': {
      const status = event.status === 'speech' ? VadStatus.SPEECH : VadStatus.SILENCE;
      return { case: event.type, value: { trackId: event.trackId, status } };
    }
    case 'bandwidthEstimation':
      return undefined;
  }
}

function connected(
  event: Extract<ServerEvent, { type: 'connected' }>,
): MessageInitShape<typeof MediaEvent_ConnectedSchema> {
  const endpoints = event.endpoints.map((endpoint) => [
    endpoint.id,
    {
      endpointType: endpoint.type,
      metadataJson: endpointMetadata(endpoint),
      trackIdToTrack: trackMap([...endpoint.tracks.values()]),
    },
  ]);
  return {
    endpointId: event.peerId,
    endpointIdToEndpoint: Object.fromEntries(endpoints),
    iceServers: event.turnServers.map((entry) => ({
      urls: [turnUrl(entry)],
      username: entry.username,
      credential: entry.password,
    })),
  };
}

/** Clients expect the peer's own metadata (`peer`) apart from the server's (`server`), which participants of conferences have. */
function endpointMetadata({ metadata, serverMetadata = {} }: Pick<Endpoint, 'metadata' | 'serverMetadata'>): string {
  return JSON.stringify({ peer: metadata, server: serverMetadata });
}

/** JSON text; empty for no metadata, which clients read as undefined. */
function trackMetadata(metadata: Metadata): string {
  return metadata === null ? '' : JSON.stringify(metadata);
}

function trackMap(tracks: readonly Track[]): TrackMap {
  return Object.fromEntries(
    tracks.map(({ id, metadata, simulcast }) => [
      id,
      { metadataJson: trackMetadata(metadata), simulcastConfig: simulcastConfig(simulcast) },
    ]),
  );
}

/** The only layer of a track without simulcast is unspecified here; the older generation calls it `h`. */
function simulcastConfig({ enabled, activeEncodings, disabledEncodings }: SimulcastConfig) {
  return {
    enabled,
    enabledVariants: enabled ? activeEncodings.map(variantOf) : [Variant.UNSPECIFIED],
    disabledVariants: disabledEncodings.map(variantOf),
  };
}

function trackOf({ endpointId, trackId }: { endpointId: string; trackId: string }) {
  return { endpointId, trackId };
}

/** A TURN URI, RFC 7065, in which an IPv6 address is in brackets. */
function turnUrl({ serverAddr, serverPort, transport }: TurnEntry): string {
  const host = serverAddr.includes(':') && !serverAddr.startsWith('[') ? `[${serverAddr}]` : serverAddr;
  return transport === 'tls'
    ? `turns:${host}:${serverPort}?transport=tcp`
    : `turn:${host}:${serverPort}?transport=${transport}`;
}
