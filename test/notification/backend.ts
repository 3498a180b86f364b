import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { Secret } from '../../src/config/secret.ts';
import { decodeServerMessage, EventType, encodeServerMessage } from '../../src/notification/server-message.ts';
import { ServerSockets, type ServerSocketsOptions } from '../../src/notification/server-sockets.ts';
import { HeldClock } from '../clock/held-clock.ts';

export const silent = pino({ level: 'silent' });

export interface ServerSocketsUnderTest {
  readonly sockets: ServerSockets;
  readonly clock: HeldClock;
  /** Opens a websocket to it; one at a time. */
  connect(): Promise<Backend>;
}

/** Server sockets behind a real listener on 127.0.0.1. */
export async function startServerSockets(
  t: Test,
  options: Partial<ServerSocketsOptions> = {},
): Promise<ServerSocketsUnderTest> {
  const clock = new HeldClock();
  const token = new Secret('development');
  const sockets = new ServerSockets({ token, clock, logger: silent, ...options });
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(listener, 'listening');
  listener.on('connection', (socket) => sockets.accept(socket));
  t.teardown(() => {
    for (const client of listener.clients) client.terminate();
    listener.close();
  });
  const connect = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    t.teardown(() => socket.terminate());
    // A connection that is cut off may emit an error.
    socket.on('error', () => {});
    const connection = once(listener, 'connection');
    const [[server]] = await Promise.all([connection, once(socket, 'open')]);
    return new Backend(socket, server);
  };
  return { sockets, clock, connect };
}

/** The client's end of the server socket. */
export class Backend {
  readonly socket: WebSocket;
  /** The server's end. */
  readonly server: WebSocket;
  /** Every frame that came, in order. */
  readonly frames: Buffer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(socket: WebSocket, server: WebSocket) {
    this.socket = socket;
    this.server = server;
    socket.on('message', (frame: Buffer) => this.frames.push(frame));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** Contents of all frames so far. */
  get contents(): { case: string | undefined; value?: unknown }[] {
    return this.frames.map((frame) => decodeServerMessage(frame).content);
  }

  send(...[content]: Parameters<typeof encodeServerMessage>): void {
    this.socket.send(encodeServerMessage(content));
  }

  async received(count: number): Promise<readonly Buffer[]> {
    while (this.frames.length < count) await once(this.socket, 'message');
    return this.frames;
  }

  /** Resolves when everything that was sent before has arrived at both ends. */
  async settle(): Promise<void> {
    this.socket.ping();
    await once(this.socket, 'pong');
  }

  /** @returns this client, authenticated and subscribed, with no frames recorded */
  async subscribe(...eventTypes: EventType[]): Promise<this> {
    this.send({ case: 'authRequest', value: { token: 'development' } });
    for (const eventType of eventTypes) this.send({ case: 'subscribeRequest', value: { eventType } });
    await this.received(1 + eventTypes.length);
    this.frames.length = 0;
    return this;
  }

  async subscribeToNotifications(): Promise<this> {
    return await this.subscribe(EventType.SERVER_NOTIFICATION);
  }
}
