import type { PeerMessage_AuthRequest } from '../protobuf/peer_notifications_pb.js';
import { cloudCodec } from './cloud-codec.ts';
import { jsonCodec } from './json-codec.ts';
import type { SignallingCodec } from './signalling-codec.ts';

/** The codec for the client that sent this request: only the newer generation names its version. */
export function codecFor(authRequest: PeerMessage_AuthRequest): SignallingCodec {
  return authRequest.sdkVersion === '' ? jsonCodec : cloudCodec;
}
