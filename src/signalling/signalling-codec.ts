import type { PeerMessage } from '../protobuf/peer_notifications_pb.js';
import type { ClientEvent } from './client-event.ts';
import type { ServerEvent } from './server-event.ts';

/** The words of one generation of clients. Codecs have no state: one for all sockets of the generation. */
export interface SignallingCodec {
  /**
   * Undefined when nothing has to be done: an event that needs no action, an unknown one, or one with a wrong shape.
   * @throws MalformedEventError on malformed JSON.
   */
  decode(message: PeerMessage): ClientEvent | undefined;
  /**
   * The bytes of a whole frame, undefined when this generation has no such event. They depend on nothing but the event
   * as it is now and may be sent to any number of clients of the generation.
   */
  encode(event: ServerEvent): Uint8Array | undefined;
  /** The frame that ends a successful handshake. */
  authenticated(): Uint8Array;
}
