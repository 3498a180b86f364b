import type { RoomEvent } from '../../src/room/room-event.ts';

const roomId = 'room';
const peerId = 'peer';
const componentId = 'component';
const video = { id: 'track', type: 'video', metadata: null } as const;
const audio = { id: 'track', type: 'audio', metadata: { type: 'microphone' } } as const;

/** Every kind of room event with its bytes on the wire, written out by hand from docs/contracts/fishjam-sockets.md 2.2. */
export const roomEventSamples: readonly (readonly [RoomEvent, string])[] = [
  [{ type: 'roomCrashed', roomId }, '0a06 0a04726f6f6d'],
  [{ type: 'peerConnected', roomId, peerId }, '120c 0a04726f6f6d 120470656572'],
  [{ type: 'peerDisconnected', roomId, peerId }, '1a0c 0a04726f6f6d 120470656572'],
  [{ type: 'peerCrashed', roomId, peerId, reason: 'why' }, '2211 0a04726f6f6d 120470656572 1a03776879'],
  [{ type: 'peerCrashed', roomId, peerId, reason: '' }, '220c 0a04726f6f6d 120470656572'],
  [{ type: 'componentCrashed', roomId, componentId }, '2a11 0a04726f6f6d 1209636f6d706f6e656e74'],
  [{ type: 'roomCreated', roomId, webhookUrl: 'http://hooks.test/' }, '5206 0a04726f6f6d'],
  [{ type: 'roomDeleted', roomId }, '5a06 0a04726f6f6d'],
  [{ type: 'hlsPlayable', roomId, componentId }, '6a11 0a04726f6f6d 1209636f6d706f6e656e74'],
  [{ type: 'hlsUploaded', roomId }, '7206 0a04726f6f6d'],
  [{ type: 'hlsUploadCrashed', roomId }, '7a06 0a04726f6f6d'],
  [{ type: 'peerMetadataUpdated', roomId, peerId, metadata: null }, '820112 0a04726f6f6d 120470656572 1a046e756c6c'],
  [{ type: 'peerMetadataUpdated', roomId, peerId, metadata: 'me' }, '820112 0a04726f6f6d 120470656572 1a04226d6522'],
  [
    { type: 'peerMetadataUpdated', roomId, peerId, metadata: { a: [1, true] } },
    '82011c 0a04726f6f6d 120470656572 1a0e7b2261223a5b312c747275655d7d',
  ],
  [
    { type: 'trackAdded', roomId, origin: { peerId }, track: video },
    '8a011d 0a04726f6f6d 120470656572 220f 0a05747261636b 1001 1a046e756c6c',
  ],
  [
    { type: 'trackRemoved', roomId, origin: { componentId }, track: video },
    '920122 0a04726f6f6d 1a09636f6d706f6e656e74 220f 0a05747261636b 1001 1a046e756c6c',
  ],
  [
    { type: 'trackMetadataUpdated', roomId, origin: { peerId }, track: audio },
    '9a012e 0a04726f6f6d 120470656572 2220 0a05747261636b 1002 1a157b2274797065223a226d6963726f70686f6e65227d',
  ],
  [{ type: 'peerAdded', roomId, peerId }, 'a2010c 0a04726f6f6d 120470656572'],
  [{ type: 'peerDeleted', roomId, peerId }, 'aa010c 0a04726f6f6d 120470656572'],
];
