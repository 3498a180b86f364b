import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';

export interface SocketPair {
  /** The server's end. */
  readonly server: WebSocket;
  readonly client: WebSocket;
}

/** Two connected ends of a real websocket on 127.0.0.1; both are closed when the test ends. */
export async function connectSocketPair(t: Test): Promise<SocketPair> {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(listener, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  const [[server]] = await Promise.all([once(listener, 'connection'), once(client, 'open')]);
  t.teardown(() => {
    client.terminate();
    server.terminate();
    listener.close();
  });
  return { server, client };
}

/** @returns code and reason with which the other end closed. */
export async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}
