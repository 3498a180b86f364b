import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type PeerMessage, PeerMessageSchema } from '../protobuf/peer_notifications_pb.js';
import type { ClientEvent } from './client-event.ts';
import type { ServerEvent } from './server-event.ts';

/** Decodes and encodes the media events of one generation of clients. A codec has no state: all sockets of a generation share it. */
export interface SignallingCodec {
  /**
   * Decodes an event. @returns undefined when it needs no action, is unknown or has a wrong shape
   * @param maxMetadata of the event, in bytes of JSON
   * @throws MalformedEventError on malformed JSON
   * @throws OversizedEventError
   */
  decode(message: PeerMessage, maxMetadata?: number): ClientEvent | undefined;
  /**
   * Encodes an event as a whole frame, which may be sent to any number of clients of the generation.
   * @returns undefined when this generation has no such event
   */
  encode(event: ServerEvent): Uint8Array | undefined;
  /** The frame that ends a successful handshake. */
  authenticated(): Uint8Array;
}

/** A frame to a client. */
export function encodePeerMessage(content: MessageInitShape<typeof PeerMessageSchema>['content']): Uint8Array {
  return toBinary(PeerMessageSchema, create(PeerMessageSchema, { content }));
}
