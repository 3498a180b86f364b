import { pino } from 'pino';
import type { Test } from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { OutboundClient } from '../../src/net/outbound-client.ts';
import { encodeRoomEvent } from '../../src/notification/server-message.ts';
import { WebhookSender } from '../../src/notification/webhook-sender.ts';
import { Webhooks, type WebhooksOptions } from '../../src/notification/webhooks.ts';
import type { RoomEvent } from '../../src/room/room-event.ts';
import { HeldClock } from '../clock/held-clock.ts';
import type { Receiver } from '../net/receiver.ts';

export interface WebhooksUnderTest {
  readonly webhooks: Webhooks;
  readonly clock: HeldClock;
  /** Log records so far. */
  readonly log: { msg: string; [field: string]: unknown }[];
  /** Notifies of an event with its bytes. */
  emit(event: RoomEvent): void;
  /** Creates a room and adds `peers` peers, whose ids are their numbers from 0. */
  emitRoom(roomId: string, webhookUrl: string, peers: number): void;
}

/**
 * Webhooks over the real outbound client, with a held clock and delays that are not random.
 * @param responseTimeout in ms of real time: the client's clock cannot be held
 */
export function createWebhooks(
  t: Test,
  options: Partial<WebhooksOptions> = {},
  responseTimeout = 60_000,
): WebhooksUnderTest {
  const clock = new HeldClock();
  const client = new OutboundClient({ guard: new AddressGuard(), responseTimeout });
  const log: WebhooksUnderTest['log'] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line)) });
  const sender = new WebhookSender({ client });
  const webhooks = new Webhooks({ sender, logger, clock, random: () => 1, ...options });
  t.teardown(async () => {
    const closing = webhooks.close(0);
    clock.advance(0);
    await closing;
    await client.close();
  });
  const emit = (event: RoomEvent) => webhooks.notify(event, encodeRoomEvent(event));
  const emitRoom = (roomId: string, webhookUrl: string, peers: number) => {
    emit({ type: 'roomCreated', roomId, webhookUrl });
    for (let peer = 0; peer < peers; peer++) emit({ type: 'peerAdded', roomId, peerId: String(peer) });
  };
  return { webhooks, clock, log, emit, emitRoom };
}

/** What a receiver was sent, as bytes, for comparison with {@link bytesOf}. */
export const bodiesOf = (receiver: Receiver): string[] => receiver.requests.map(({ body }) => body.toString('hex'));

export const bytesOf = (...events: RoomEvent[]): string[] =>
  events.map((event) => Buffer.from(encodeRoomEvent(event)).toString('hex'));

/** The events of `emitRoom`. */
export function roomEvents(roomId: string, webhookUrl: string, peers: number): RoomEvent[] {
  const added = Array.from({ length: peers }, (_, peer) => ({
    type: 'peerAdded' as const,
    roomId,
    peerId: String(peer),
  }));
  return [{ type: 'roomCreated', roomId, webhookUrl }, ...added];
}
