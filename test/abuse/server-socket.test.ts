import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { maxPayload } from '../../src/api/socket-routes.ts';
import { EventType, encodeServerMessage } from '../../src/notification/server-message.ts';
import { apiToken, RunningServer } from '../running-server.ts';

const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });
const wellBehaved = await server.subscribe();

const authRequest = (token: string) => encodeServerMessage({ case: 'authRequest', value: { token } });
const subscription = (eventType: EventType) => encodeServerMessage({ case: 'subscribeRequest', value: { eventType } });

/** Sends frames one after the other. @returns how the server closed */
async function closeAfter(t: Test, ...frames: (Uint8Array | string)[]): Promise<{ code: number; reason: string }> {
  const socket = new WebSocket(`ws://${server.host}/socket/server/websocket`);
  t.teardown(() => socket.terminate());
  socket.on('error', () => undefined);
  await once(socket, 'open');
  for (const frame of frames) socket.send(frame);
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

/** The other backend still hears everything. */
async function othersGoOn(t: Test): Promise<void> {
  const roomId = await server.createRoom();
  await server.delete(`/room/${roomId}`);
  const heard = await wellBehaved.saw(roomId, 'RoomDeleted');
  t.strictSame(
    heard.map(({ name }) => name),
    ['RoomCreated', 'RoomDeleted'],
  );
}

const good = authRequest(apiToken);
const notAllowed = { code: 1003, reason: 'operation not allowed' };
const failed = { code: 1011, reason: '' };
const cases: Record<string, [frames: (Uint8Array | string)[], close: { code: number; reason: string }]> = {
  'a wrong token': [[authRequest('wrong')], { code: 1000, reason: 'invalid token' }],
  'an empty token': [[authRequest('')], { code: 1000, reason: 'invalid token' }],
  'a long token': [[authRequest('x'.repeat(60_000))], { code: 1000, reason: 'invalid token' }],
  'a subscription first': [[subscription(EventType.METRICS)], { code: 1000, reason: 'invalid auth request' }],
  'nothing in a frame': [[Buffer.alloc(0)], { code: 1000, reason: 'invalid auth request' }],
  'text first': [['hello'], notAllowed],
  'text later': [[good, '{}'], notAllowed],
  'authenticating twice': [[good, good], notAllowed],
  'nothing in a frame later': [[good, Buffer.alloc(0)], notAllowed],
  'no event type': [[good, subscription(EventType.UNSPECIFIED)], failed],
  'an unknown event type': [[good, subscription(99 as EventType)], failed],
  'garbage first': [[Buffer.alloc(100, 0xff)], failed],
  'garbage later': [[good, Buffer.alloc(100, 0xff)], failed],
  'a long frame': [[good, Buffer.alloc(100_000)], { code: 1009, reason: '' }],
  'an endless frame': [[Buffer.alloc(maxPayload + 1)], { code: 1009, reason: '' }],
};

for (const [what, [frames, close]] of Object.entries(cases)) {
  t.test(what, async (t) => {
    t.strictSame(await closeAfter(t, ...frames), close);
    await othersGoOn(t);
  });
}

t.test('subscribing ten thousand times does not multiply the events', async (t) => {
  const again = await server.subscribe();
  const socket = new WebSocket(`ws://${server.host}/socket/server/websocket`);
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  socket.send(good);
  for (let times = 0; times < 10_000; times += 1) socket.send(subscription(EventType.SERVER_NOTIFICATION));
  let frames = 0;
  const answered = new Promise<void>((resolve) => {
    socket.on('message', () => {
      frames += 1;
      if (frames === 10_001) resolve();
    });
  });
  await answered;
  const roomId = await server.createRoom();
  await again.saw(roomId, 'RoomCreated');
  socket.ping();
  await once(socket, 'pong');
  t.equal(frames, 10_002);
  await othersGoOn(t);
});
