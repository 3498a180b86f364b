import { fromBinary } from '@bufbuild/protobuf';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import { SocketKeepalive } from '../net/socket-keepalive.ts';
import {
  type PeerMessage,
  type PeerMessage_AuthRequest,
  PeerMessageSchema,
} from '../protobuf/peer_notifications_pb.js';
import type { CloseCause, Peer, PeerConnection } from '../room/peer.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { TurnCredentials } from '../turn/turn-credentials.ts';
import { changeFrame } from './change-frame.ts';
import { limitTrackMetadata, OversizedEventError } from './client-event.ts';
import { cloudCodec } from './cloud-codec.ts';
import { jsonCodec } from './json-codec.ts';
import { MessageBudget } from './message-budget.ts';
import { PeerSession } from './peer-session.ts';
import type { PeerTokens } from './peer-token.ts';
import type { ServerEvent } from './server-event.ts';
import type { SignallingCodec } from './signalling-codec.ts';

/** Maximum unread data of a client, in bytes; a socket with more is closed. */
const maxBuffered = 16_000_000;

/** Characters of the version of a client that are logged. */
const maxVersionLength = 64;

/** Close codes and reasons by cause: docs/contracts/fishjam-sockets.md 4. */
const closes: Readonly<Record<CloseCause, readonly [code: number, reason: string]>> = {
  peerRemoved: [1000, 'Peer removed'],
  peerCrashed: [1011, 'Internal server error'],
  roomClosed: [1000, 'Room stopped'],
  roomCrashed: [1011, 'Internal server error'],
};

export interface PeerSocketOptions {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly tokens: PeerTokens;
  readonly turn: TurnCredentials;
  /** Of an event, in bytes of JSON. */
  readonly maxMetadata: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The peer of an authenticated socket, with its session. */
interface Authenticated {
  readonly room: Room<RoomRouter>;
  readonly peer: Peer;
  readonly codec: SignallingCodec;
  readonly session: PeerSession;
  readonly logger: Logger;
}

/** The websocket of one peer: handshake, frames, close codes (docs/contracts/fishjam-sockets.md 4). */
export class PeerSocket implements PeerConnection {
  readonly #socket: WebSocket;
  readonly #options: PeerSocketOptions;
  readonly #keepalive: SocketKeepalive;
  readonly #budget: MessageBudget;
  #authenticated: Authenticated | undefined;
  /** Whether the log says that metadata was ignored. */
  #ignoring = false;

  constructor(socket: WebSocket, options: PeerSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#keepalive = new SocketKeepalive(socket, options.clock);
    this.#budget = new MessageBudget(socket, options.clock);
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      this.#budget.spend(bytes.length, () => this.#receive(bytes, isBinary));
    });
    socket.on('error', (error) => options.logger.debug({ err: error }, 'A peer socket failed.'));
    socket.once('close', () => this.#left());
  }

  /** Closes the socket. The peer is disconnected when the socket has closed. Idempotent. */
  close(cause: CloseCause, reason = ''): void {
    const [code, text] = closes[cause];
    this.#close(code, reason || text);
  }

  #close(code: number, reason: string): void {
    this.#authenticated?.session.close();
    this.#socket.close(code, reason);
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!isBinary) {
      if (!this.#authenticated) this.#close(1000, 'unauthenticated');
      return;
    }
    const message = decode(bytes);
    if (!message) return this.#fail('', 'A peer sent a frame that is not a message.');
    if (this.#authenticated) this.#receiveMediaEvent(message, this.#authenticated);
    else if (message.content.case === 'authRequest') this.#authenticate(message.content.value);
    else this.#close(1000, 'unauthenticated');
  }

  #authenticate(request: PeerMessage_AuthRequest): void {
    const { rooms, tokens, turn, clock } = this.#options;
    const verdict = tokens.verify(request.token);
    if (!verdict.ok) return this.#close(1000, verdict.reason);
    const { roomId, peerId } = verdict;
    const room = rooms.find(roomId);
    if (!room) return this.#close(1000, 'room not found');
    try {
      const peer = room.connectPeer(peerId, this);
      const codec = codecFor(request);
      const logger = this.#options.logger.child({ roomId, peerId });
      const send = (event: ServerEvent, change?: RoomChange) =>
        this.#send(change ? changeFrame(codec, change, event) : codec.encode(event));
      const session = new PeerSession({ room, peer, send, turn, clock, logger });
      this.#authenticated = { room, peer, codec, session, logger };
      const sdkVersion = request.sdkVersion.slice(0, maxVersionLength) || undefined;
      logger.info({ sdkVersion }, 'A peer connected.');
      this.#keepalive.authenticated();
      this.#send(codec.authenticated());
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error;
      this.#close(1000, error.code === 'peerNotFound' ? 'peer not found' : error.message);
    }
  }

  #receiveMediaEvent(message: PeerMessage, { codec, session, peer }: Authenticated): void {
    const { maxMetadata } = this.#options;
    try {
      const event = codec.decode(message, maxMetadata);
      if (!event) return;
      limitTrackMetadata(event, peer.tracks, maxMetadata);
      session.receive(event);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    const { room, peer, logger } = this.#authenticated as Authenticated;
    if (!(error instanceof OversizedEventError)) {
      logger.warn({ err: error }, 'A peer sent an event that cannot be read.');
      room.crashPeer(peer, '');
    } else if (error.isFatal || !peer.joined) {
      logger.warn({ cause: error.message }, 'A peer connected or published with too much metadata.');
      room.crashPeer(peer, error.message);
    } else if (!this.#ignoring) {
      this.#ignoring = true;
      logger.warn({ cause: error.message }, 'Metadata of a peer is ignored.');
    }
  }

  /** Closes the socket with 1011, which disconnects an authenticated peer. */
  #fail(reason: string, sentence: string): void {
    (this.#authenticated?.logger ?? this.#options.logger).warn(sentence);
    this.#close(1011, reason);
  }

  #send(frame: Uint8Array | undefined): void {
    if (!frame || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount > maxBuffered) this.#socket.terminate();
  }

  #left(): void {
    const { room, peer, session, logger } = this.#authenticated ?? {};
    session?.close();
    if (!room || !peer) return;
    // A peer that was removed or has reconnected does not belong to this socket any more.
    if (peer.connection === this) room.disconnectPeer(peer);
    logger?.info('A peer disconnected.');
  }
}

/** The codec for the client that sent this request: only the newer generation names its version. */
export function codecFor({ sdkVersion }: PeerMessage_AuthRequest): SignallingCodec {
  return sdkVersion === '' ? jsonCodec : cloudCodec;
}

function decode(bytes: Uint8Array): PeerMessage | undefined {
  try {
    return fromBinary(PeerMessageSchema, bytes);
  } catch {
    return undefined;
  }
}
