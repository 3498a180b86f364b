import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  ServerMessage_EventType as EventType,
  type ServerMessage,
  ServerMessageSchema,
  ServerMessage_TrackType as TrackType,
} from '../protobuf/server_notifications_pb.js';
import type { RoomEvent, TrackOrigin } from '../room/room-event.ts';
import type { ConferenceEvent } from '../scheduling/announcements.ts';

export { EventType };

type Content = NonNullable<MessageInitShape<typeof ServerMessageSchema>['content']>;
type TrackEvent = Extract<RoomEvent, { origin: TrackOrigin }>;

/** @throws Error when the bytes are not a protobuf message. A message without known content is not an error. */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return fromBinary(ServerMessageSchema, bytes);
}

export function encodeServerMessage(content: Content): Uint8Array {
  return toBinary(ServerMessageSchema, create(ServerMessageSchema, { content }));
}

/** Encodes a room event as backends get it, on the server socket and by webhook. docs/contracts/fishjam-sockets.md 2.2. */
export function encodeRoomEvent(event: RoomEvent): Uint8Array {
  return encodeServerMessage(contentOf(event));
}

/** Encodes a change of a scheduled conference as backends get it that subscribed to conferences. */
export function encodeConferenceEvent({ start, end, ...event }: ConferenceEvent): Uint8Array {
  const times = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  return encodeServerMessage({ case: 'conferenceChanged', value: { ...event, ...times } });
}

function contentOf(event: RoomEvent): Content {
  const { roomId } = event;
  switch (event.type) {
    case 'trackAdded':
    case 'trackRemoved':
    case 'trackMetadataUpdated':
      return { case: event.type, value: trackValue(event) };
    case 'peerMetadataUpdated':
      return { case: event.type, value: { roomId, peerId: event.peerId, metadata: JSON.stringify(event.metadata) } };
    case 'peerCrashed':
      return { case: event.type, value: { roomId, peerId: event.peerId, reason: event.reason } };
    case 'peerAdded':
    case 'peerConnected':
    case 'peerDisconnected':
    case 'peerDeleted':
      return { case: event.type, value: { roomId, peerId: event.peerId } };
    case 'componentCrashed':
    case 'hlsPlayable':
      return { case: event.type, value: { roomId, componentId: event.componentId } };
    case 'outputChanged': {
      const { outputId, outputType, state, error } = event;
      return { case: event.type, value: { roomId, outputId, type: outputType, state, error: error ?? '' } };
    }
    case 'callChanged': {
      const { componentId, callId, direction, party, state, reason, status } = event;
      const end = { reason: reason ?? '', status: status ?? 0 };
      return { case: event.type, value: { roomId, componentId, callId, direction, party, state, ...end } };
    }
    case 'dtmfReceived': {
      const { componentId, callId, digit } = event;
      return { case: event.type, value: { roomId, componentId, callId, digit } };
    }
    default:
      return { case: event.type, value: { roomId } };
  }
}

/** Metadata is JSON text: `null` for none, a string with its quotes. */
function trackValue({ roomId, origin, track }: TrackEvent) {
  const endpointInfo =
    'peerId' in origin
      ? { case: 'peerId' as const, value: origin.peerId }
      : { case: 'componentId' as const, value: origin.componentId };
  const type = track.type === 'audio' ? TrackType.AUDIO : TrackType.VIDEO;
  return { roomId, endpointInfo, track: { id: track.id, type, metadata: JSON.stringify(track.metadata) } };
}
