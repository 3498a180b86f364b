import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';
import type { Secret } from '../config/secret.ts';
import { SocketKeepalive } from '../net/socket-keepalive.ts';
import type { ServerMessage } from '../protobuf/server_notifications_pb.js';
import { decodeServerMessage, EventType, encodeServerMessage } from './server-message.ts';

export interface ServerSocketOptions {
  readonly clock?: Clock;
  readonly token: Secret;
  /** Maximum unread data of a client, in bytes; one that exceeds it is cut off. Default 16 MiB. */
  readonly maxBufferedBytes?: number;
}

/** Maximum length of a client's message, in bytes. The listener's limit must not be lower. */
const maxFrameBytes = 64 * 1024;

export type Topic = 'notifications' | 'metrics' | 'outputs' | 'sip' | 'conferences';

/** docs/contracts/fishjam-sockets.md 3.2; clients compare the reasons. */
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
  [EventType.SIP, 'sip'],
  [EventType.CONFERENCE, 'conferences'],
]);

/** One backend on the server websocket: authentication first, then subscriptions. docs/contracts/fishjam-sockets.md 3. */
export class ServerSocket {
  readonly #socket: WebSocket;
  readonly #token: Secret;
  readonly #keepalive: SocketKeepalive;
  readonly #maxBufferedBytes: number;
  readonly #subscribed = new Set<Topic>();
  #authenticated = false;

  constructor(socket: WebSocket, options: ServerSocketOptions) {
    this.#socket = socket;
    this.#token = options.token;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
    this.#keepalive = new SocketKeepalive(socket, options.clock);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // A websocket protocol error; the library closes the socket by itself.
    socket.on('error', () => {});
  }

  isSubscribedTo(subscription: Topic): boolean {
    return this.#subscribed.has(subscription);
  }

  /** @returns false when the client was cut off because it has too much unread data */
  send(bytes: Uint8Array): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount > this.#maxBufferedBytes) {
      // A close frame would be queued behind the unread data.
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

  /** Closes the connection without waiting for the client. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    // Frames may still arrive between our close frame and the client's.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!isBinary) return this.close(...closes.notAllowed);
    const bytes = data as Buffer;
    if (bytes.length > maxFrameBytes) return this.close(...closes.tooLong);
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
