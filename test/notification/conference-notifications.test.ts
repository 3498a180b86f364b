import t, { type Test } from 'tap';
import { UndeliverableError } from '../../src/database/outbox.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { OutboundClient } from '../../src/net/outbound-client.ts';
import { ConferenceNotifications } from '../../src/notification/conference-notifications.ts';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import { WebhookSender } from '../../src/notification/webhook-sender.ts';
import type { ConferenceEvent } from '../../src/scheduling/announcements.ts';
import { Receiver } from '../net/receiver.ts';
import { startServerSockets } from './backend.ts';

const event: ConferenceEvent = {
  ...{ type: 'room.updated', uid: '57d4d52d3c1f38c28e9f101f031a631f', number: '121625130000', serverId: 5 },
  ...{ name: 'Planning', start: Date.UTC(2021, 6, 1, 11), end: Date.UTC(2021, 6, 1, 11, 45), email: 'b@example.org' },
  ...{ joinUrl: 'https://meet.example.org/join', calendar: 'BEGIN:VCALENDAR' },
};
const value = { ...event, start: '2021-07-01T11:00:00.000Z', end: '2021-07-01T11:45:00.000Z' };

async function startNotifications(t: Test) {
  const server = await startServerSockets(t);
  const client = new OutboundClient({ guard: new AddressGuard() });
  t.teardown(() => client.close());
  return { ...server, notifications: new ConferenceNotifications(server.sockets, new WebhookSender({ client })) };
}

t.test('those who subscribed are told', async (t) => {
  const { notifications, connect } = await startNotifications(t);
  const other = await (await connect()).subscribe(EventType.SERVER_NOTIFICATION, EventType.METRICS);
  t.notOk(notifications.areListening);
  const backend = await (await connect()).subscribe(EventType.CONFERENCE);
  t.ok(notifications.areListening);
  notifications.notify(event);
  await backend.received(1);
  t.match(backend.contents, [{ case: 'conferenceChanged', value }]);
  await other.settle();
  t.strictSame(other.frames, []);
});

t.test('a webhook gets the same; a refusal is told apart from a failure', async (t) => {
  const { notifications } = await startNotifications(t);
  const receiver = await Receiver.start(t);
  const post = (signal: AbortSignal) => notifications.post(receiver.url, event, signal);
  const { signal } = new AbortController();
  await post(signal);
  t.match(decodeServerMessage(receiver.requests[0]?.body ?? Buffer.alloc(0)).content, {
    case: 'conferenceChanged',
    value,
  });

  const kinds = [
    [404, UndeliverableError],
    [503, Error],
    [429, Error],
  ] as const;
  for (const [status, kind] of kinds) {
    receiver.script.push((response) => response.writeHead(status).end());
    const error = await post(signal).catch((reason: unknown) => reason);
    t.equal((error as Error).constructor, kind, `${status}`);
  }
  const stop = new AbortController();
  receiver.script.push(() => stop.abort());
  const error = await post(stop.signal).catch((reason: unknown) => reason);
  t.notOk(error instanceof UndeliverableError, 'a server that stops gives nothing up');
  t.equal((error as Error).name, 'AbortError');
});
