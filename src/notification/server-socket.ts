import type { RawData, WebSocket } from 'ws';
import { type KeepaliveOptions, SocketKeepalive } from '../net/socket-keepalive.ts';
import type { ServerMessage } from '../protobuf/server_notifications_pb.js';
import { decodeServerMessage, EventType, encodeServerMessage } from './server-message.ts';
import type { ServerToken } from './server-token.ts';

export interface ServerSocketOptions extends KeepaliveOptions {
  readonly token: ServerToken;
  /** Longest message of a client, in bytes. The listener's own limit must not be lower. */
  readonly maxFrameBytes?: number;
  /** A client that leaves more than this unread is cut off, in bytes. */
  readonly maxBufferedBytes?: number;
}

export type Topic = 'notifications' | 'metrics' | 'outputs';

/** fishjam-sockets 3.2; clients compare the reasons. */
const closes = {
  invalidToken: [1000, 'invalid token'],
  invalidAuthRequest: [1000, 'invalid auth request'],
  notAllowed: [1003, 'operation not allowed'],
  tooLong: [1009, ''],
  failed: [1011, ''],
} as const;

const subscriptions: ReadonlyMap<EventType, Topic> = new Map([
  [EventType.SERVER_NOTIFICATION, 'notifications'],
  [EventType.METRICS, 'metrics'],
  [EventType.OUTPUT, 'outputs'],
]);

/** One backend on the server websocket: authentication first, then subscriptions. fishjam-sockets 3. */
export class ServerSocket {
  readonly #socket: WebSocket;
  readonly #token: ServerToken;
  readonly #keepalive: SocketKeepalive;
  readonly #maxFrameBytes: number;
  readonly #maxBufferedBytes: number;
  readonly #subscribed = new Set<Topic>();
  #authenticated = false;

  constructor(socket: WebSocket, options: ServerSocketOptions) {
    this.#socket = socket;
    this.#token = options.token;
    this.#maxFrameBytes = options.maxFrameBytes ?? 64 * 1024;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
    this.#keepalive = new SocketKeepalive(socket, options);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // A breach of the websocket protocol; the library closes the socket by itself.
    socket.on('error', () => {});
  }

  isSubscribedTo(subscription: Topic): boolean {
    return this.#subscribed.has(subscription);
  }

  /** @returns false when the client was cut off instead, since it has left too much unread. */
  send(bytes: Uint8Array): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      // A close frame would only queue up behind the rest.
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(bytes);
    return true;
  }

  close(code: number, reason: string): void {
    this.#subscribed.clear();
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without waiting for the client. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    // Frames may still come in between our close frame and the client's.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!isBinary) return this.close(...closes.notAllowed);
    const bytes = data as Buffer;
    if (bytes.length > this.#maxFrameBytes) return this.close(...closes.tooLong);
    let message: ServerMessage;
    try {
      message = decodeServerMessage(bytes);
    } catch {
      return this.close(...closes.failed);
    }
    if (this.#authenticated) this.#subscribe(message);
    else this.#authenticate(message);
  }

  #authenticate({ content }: ServerMessage): void {
    if (content.case !== 'authRequest') return this.close(...closes.invalidAuthRequest);
    if (!this.#token.matches(content.value.token)) return this.close(...closes.invalidToken);
    this.#authenticated = true;
    this.#keepalive.authenticated();
    this.send(encodeServerMessage({ case: 'authenticated', value: {} }));
  }

  #subscribe({ content }: ServerMessage): void {
    if (content.case !== 'subscribeRequest') return this.close(...closes.notAllowed);
    const { eventType } = content.value;
    const subscription = subscriptions.get(eventType);
    if (!subscription) return this.close(...closes.failed);
    this.send(encodeServerMessage({ case: 'subscribeResponse', value: { eventType } }));
    this.#subscribed.add(subscription);
  }
}
