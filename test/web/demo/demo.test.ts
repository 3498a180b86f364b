import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { Components } from '../../../src/component/components.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { RoomRegistry } from '../../../src/room/room-registry.ts';
import { demo } from '../../../src/web/demo/demo.ts';
import { RunningApi } from '../../api/running-api.ts';
import { RunningServer } from '../../running-server.ts';
import { mediaDouble } from '../../sfu/media-double.ts';

async function start(t: Test, { webrtcUsed = true } = {}): Promise<RunningApi> {
  const events = new RoomEvents();
  const rooms = new RoomRegistry({ events, openMedia: async () => mediaDouble() });
  const issuePeerToken = (roomId: string, peerId: string) => `token-of-${roomId}-${peerId}`;
  const components = new Components([]);
  const plugin = demo({ rooms, events, clock: systemClock, issuePeerToken, webrtcUsed, components });
  const api = await RunningApi.start({ rooms, plugins: [plugin] });
  t.teardown(async () => {
    await api.close();
    await rooms.close();
  });
  return api;
}

async function watch(api: RunningApi, path: string): Promise<IncomingMessage> {
  const request = httpRequest({ host: '127.0.0.1', port: api.port, path, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  return response;
}

async function untilSeen(stream: IncomingMessage, wanted: string): Promise<string> {
  let seen = '';
  for await (const text of stream.iterator({ destroyOnReturn: false })) {
    seen += text;
    if (seen.includes(wanted)) break;
  }
  return seen;
}

t.test('anybody gets a peer and its token', async (t) => {
  const api = await start(t);
  const { status, json } = await api.ask('POST', '/demo/join', { anonymous: true });
  t.equal(status, 200);
  const [peer] = api.rooms.get('demo').peers.values();
  t.same(json, { roomId: 'demo', peerId: peer?.id, token: `token-of-demo-${peer?.id}` });
  t.equal(peer?.enableSimulcast, true);
  await api.ask('POST', '/demo/join?codec=');
  t.equal(api.rooms.get('demo').peers.size, 2);
});

t.test('a codec has a room of its own', async (t) => {
  const api = await start(t);
  t.match((await api.ask('POST', '/demo/join?codec=h264')).json, { roomId: 'demo-h264' });
  t.equal(api.rooms.get('demo-h264').config.videoCodec, 'h264');
  t.equal((await api.ask('POST', '/demo/join?codec=av1')).status, 400);
  t.equal(api.rooms.size, 1);
});

t.test('a full room and a server without WebRTC are explained', async (t) => {
  const api = await start(t);
  for (let count = 0; count < 16; count += 1) t.equal((await api.ask('POST', '/demo/join')).status, 200);
  t.equal((await api.ask('POST', '/demo/join')).status, 503);
  const without = await start(t, { webrtcUsed: false });
  const { status, json } = await without.ask('POST', '/demo/join');
  t.equal(status, 400);
  t.match(json, { errors: 'Peers of type webrtc are disabled on this Fishjam' });
  t.equal(without.rooms.size, 0);
});

t.test('events of a demo room are streamed', async (t) => {
  const api = await start(t);
  const stream = await watch(api, '/demo/events?room=demo-vp8');
  t.teardown(() => stream.destroy());
  t.equal(stream.headers['content-type'], 'text/event-stream');
  await api.ask('POST', '/demo/join');
  const { peerId } = (await api.ask('POST', '/demo/join?codec=vp8')).json;
  const seen = await untilSeen(stream, 'PeerAdded');
  t.match(seen, '"name":"RoomCreated","roomId":"demo-vp8"');
  t.match(seen, `"name":"PeerAdded","roomId":"demo-vp8","peerId":"${peerId}"`);
  t.notMatch(seen, '"roomId":"demo"');
});

t.test('other rooms are not accessible', async (t) => {
  const api = await start(t);
  const roomId = await api.createRoom();
  t.equal((await api.ask('GET', `/demo/events?room=${roomId}`)).status, 404);
  t.equal((await api.ask('GET', '/demo/events?room=none')).status, 404);
});

t.test('pages of other origins get nothing', async (t) => {
  const api = await start(t);
  const own = `http://127.0.0.1:${api.port}`;
  for (const origin of ['https://elsewhere.example', 'null', `${own}0`]) {
    t.equal((await api.ask('POST', '/demo/join', { headers: { origin } })).status, 403, origin);
    t.equal((await api.ask('GET', '/demo/events', { headers: { origin } })).status, 403, origin);
  }
  t.equal(api.rooms.size, 0);
  t.equal((await api.ask('POST', '/demo/join', { headers: { origin: own } })).status, 200);
});

t.test('open event streams end with the server', async (t) => {
  const api = await start(t);
  const stream = await watch(api, '/demo/events');
  const ended = once(stream.resume(), 'end');
  await api.app.close();
  await ended;
  t.equal(stream.complete, true);
});

t.test('the demo is not in the API description', async (t) => {
  const { host } = await RunningServer.start(t);
  t.equal((await fetch(`http://${host}/demo`)).status, 200);
  t.notMatch(await (await fetch(`http://${host}/openapi.json`)).text(), /demo/);
});

t.test('the demo is not served in production', async (t) => {
  const { host } = await RunningServer.start(t, { NODE_ENV: 'production', FJ_SERVER_API_TOKEN: 'x'.repeat(32) });
  for (const path of ['/demo', '/demo/', '/demo/page.js', '/demo/base.css', '/demo/events', '/demo/events?room=demo']) {
    t.equal((await fetch(`http://${host}${path}`)).status, 404, path);
  }
  t.equal((await fetch(`http://${host}/demo/join`, { method: 'POST' })).status, 404);
});
