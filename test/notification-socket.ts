import { once } from 'node:events';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { decodeServerMessage, EventType, encodeServerMessage } from '../src/notification/server-message.ts';

/** A notification in the words of a test: `TrackAdded`, whose it is, and what it says. */
export interface Notification {
  readonly name: string;
  readonly roomId: string;
  readonly peerId?: string;
  readonly trackId?: string;
  /** JSON text. */
  readonly metadata?: string;
  readonly reason?: string;
}

/** A backend on the server websocket, with its subscriptions. */
export class NotificationSocket {
  /** All frames of notifications so far, in order. */
  readonly frames: Buffer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** @param host `host:port` of the server @param eventTypes what it subscribes to: by default what every backend does */
  static async open(
    t: Pick<Test, 'teardown'>,
    host: string,
    token: string,
    eventTypes: readonly EventType[] = [EventType.SERVER_NOTIFICATION],
  ): Promise<NotificationSocket> {
    const socket = new WebSocket(`ws://${host}/socket/server/websocket`);
    t.teardown(() => socket.terminate());
    await once(socket, 'open');
    socket.send(encodeServerMessage({ case: 'authRequest', value: { token } }));
    await once(socket, 'message');
    for (const eventType of eventTypes) {
      socket.send(encodeServerMessage({ case: 'subscribeRequest', value: { eventType } }));
      await once(socket, 'message');
    }
    const backend = new NotificationSocket(socket);
    socket.on('message', (frame: Buffer) => backend.frames.push(frame));
    return backend;
  }

  get notifications(): Notification[] {
    return this.frames.map(readNotification);
  }

  /** Notifications of one room. */
  of(roomId: string): Notification[] {
    return this.notifications.filter((notification) => notification.roomId === roomId);
  }

  /** Waits until what has come satisfies `accept`. */
  async until(accept: (notifications: Notification[]) => boolean): Promise<Notification[]> {
    while (!accept(this.notifications)) {
      if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('The server socket closed.');
      await Promise.race([once(this.#socket, 'message'), this.closed]);
    }
    return this.notifications;
  }

  /** Waits for one more notification of a name in a room than there may be already. */
  async saw(roomId: string, name: string, count = 1): Promise<Notification[]> {
    await this.until((all) => all.filter((one) => one.roomId === roomId && one.name === name).length >= count);
    return this.of(roomId);
  }

  close(): void {
    this.#socket.close();
  }
}

/** The bytes of a server socket's frame or of a webhook. */
export function readNotification(bytes: Uint8Array): Notification {
  const { content } = decodeServerMessage(bytes);
  if (!content.case) throw new Error('A notification without content.');
  const value = content.value as Record<string, unknown>;
  const endpoint = value['endpointInfo'] as { case: string; value: string } | undefined;
  const track = value['track'] as { id: string; metadata: string } | undefined;
  const peerId = endpoint?.case === 'peerId' ? endpoint.value : value['peerId'];
  const metadata = track?.metadata ?? value['metadata'];
  return {
    name: content.case.charAt(0).toUpperCase() + content.case.slice(1),
    roomId: String(value['roomId']),
    ...(peerId !== undefined && { peerId: String(peerId) }),
    ...(track && { trackId: track.id }),
    ...(metadata !== undefined && { metadata: String(metadata) }),
    ...(value['reason'] !== undefined && { reason: String(value['reason']) }),
  };
}
