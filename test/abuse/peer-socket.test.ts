import { once } from 'node:events';
import t from 'tap';
import { maxPayload } from '../../src/api/socket-routes.ts';
import { MediaWorkers } from '../media-workers.ts';
import { PeerClient } from '../peer-client.ts';
import { RunningServer } from '../running-server.ts';
import { offeredFingerprint, offerText } from '../signalling/sdp/offers.ts';
import { WellBehavedPair } from './well-behaved-pair.ts';

const workers = new MediaWorkers();
const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });
const backend = await server.subscribe();
const { host } = server;
const elsewhere = await WellBehavedPair.meet(t, server);
const partsOfOthers = await workers.parts();

/** A room with a well-behaved pair and a third peer who is not. */
async function company(t: Parameters<typeof WellBehavedPair.meet>[0]) {
  const roomId = await server.createRoom();
  const { id, token } = await server.addPeer(roomId);
  const hostile = await PeerClient.join(t, host, token);
  const pair = await WellBehavedPair.meet(t, server, roomId);
  await hostile.saw('offerData');
  const goesOn = async () => {
    await pair.goesOn(t);
    await elsewhere.goesOn(t);
  };
  return { roomId, id, token, hostile, pair, goesOn };
}

const values = [
  undefined,
  null,
  true,
  7,
  -1,
  1e308,
  '',
  'x',
  '\u0000',
  '__proto__',
  [],
  [null],
  {},
  { __proto__: null },
];
const types = [
  'connect',
  'updateEndpointMetadata',
  'updateTrackMetadata',
  'disableTrackEncoding',
  'enableTrackEncoding',
  'custom',
  'disconnect',
  'constructor',
];
const customTypes = [
  'renegotiateTracks',
  'sdpOffer',
  'candidate',
  'trackVariantBitrates',
  'setTargetTrackVariant',
  'prioritizeTrack',
  'unprioritizeTrack',
  'preferedVideoSizes',
  'toString',
];
const members = [
  'metadata',
  'trackId',
  'trackMetadata',
  'encoding',
  'variant',
  'sdpOffer',
  'midToTrackId',
  'trackIdToTrackMetadata',
];

t.test('JSON of the wrong shape in any media event affects no other peer', async (t) => {
  const { hostile, goesOn } = await company(t);
  for (const value of values) {
    hostile.eventText(JSON.stringify(value) ?? 'null');
    for (const type of types) {
      hostile.event(type, value);
      for (const member of members) hostile.event(type, { [member]: value });
    }
    for (const type of customTypes) {
      hostile.custom(type, value);
      for (const member of members) hostile.custom(type, { [member]: value, sdp: value });
    }
  }
  await hostile.settle();
  t.equal(hostile.socket.readyState, hostile.socket.OPEN);
  await goesOn();
});

t.test('deeply nested JSON and hostile keys affect no other peer', async (t) => {
  const { hostile, goesOn } = await company(t);
  hostile.eventText(`{"type":"updateEndpointMetadata","data":{"metadata":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`);
  hostile.eventText(
    '{"type":"updateEndpointMetadata","data":{"metadata":{"__proto__":{"polluted":1},"constructor":{"prototype":2}}}}',
  );
  hostile.eventText('{"__proto__":{"type":"connect"}}');
  await Promise.race([hostile.settle(), hostile.closed]);
  t.equal(({} as { polluted?: number }).polluted, undefined);
  await goesOn();
});

const audio = (mid: string, lines: string[] = []) => ({ mid, kind: 'audio' as const, lines });
const numbered = (count: number) => Array.from({ length: count }, (_, mid) => audio(String(mid)));
const good = offerText([audio('0', ['a=ssrc:1 cname:x'])]);

const broken = {
  'an empty text': '',
  'no SDP': 'hello',
  'no media section': 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
  'the same mid twice': offerText([audio('0'), audio('0')]),
  'an endless mid': offerText([audio('m'.repeat(5000))]),
  'no mid': good.replace(/a=mid.*\r\n/, ''),
  'no fingerprint': good.replace(/a=fingerprint.*\r\n/, ''),
  'a fingerprint of an unknown kind': good.replace('sha-256', 'md5'),
  'no ICE user': good.replace(/a=ice-ufrag.*\r\n/, ''),
  'another kind of media': good.replace('m=audio', 'm=text'),
  'a thousand and one media sections': offerText(numbered(1001)),
  binary: '\u0000\u0001\uFFFF'.repeat(1000),
};

for (const [what, sdp] of Object.entries(broken)) {
  t.test(`an offer with ${what} crashes its own peer only`, async (t) => {
    const { id, roomId, hostile, goesOn } = await company(t);
    hostile.custom('renegotiateTracks');
    await hostile.saw('offerData');
    hostile.offer(sdp, { 0: `${id}:x` });
    t.strictSame(await hostile.closed, { code: 1011, reason: 'Internal server error' });
    const names = (await backend.saw(roomId, 'PeerCrashed')).filter(({ peerId }) => peerId === id);
    t.equal(names.at(-1)?.name, 'PeerCrashed');
    await goesOn();
  });
}

const odd = {
  'a fingerprint that is none': good.replace(offeredFingerprint.toUpperCase(), 'ZZ').replace(offeredFingerprint, 'ZZ'),
  '500 media sections': offerText(numbered(500)),
  'no codec that anybody knows': good.replaceAll('opus', 'mystery'),
  'payload types that are no numbers': good.replace('SAVPF 111', 'SAVPF x y z'),
  'hostile extension ids':
    good +
    'a=extmap:0 urn:x\r\na=extmap:999999 urn:y\r\na=extmap:15 urn:z\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n',
  'an SSRC beyond 32 bits': offerText([audio('0', ['a=ssrc:99999999999 cname:x'])]),
  'a hundred layers': offerText([{ mid: '0', lines: [...Array(100).keys()].map((rid) => `a=rid:${rid} send`) }]),
  'the name of a method as mid': offerText([audio('constructor'), audio('__proto__')]),
};

for (const [what, sdp] of Object.entries(odd)) {
  t.test(`an offer with ${what} affects no other peer`, async (t) => {
    const { id, hostile, goesOn } = await company(t);
    hostile.custom('renegotiateTracks');
    await hostile.saw('offerData');
    hostile.offer(sdp, Object.fromEntries([...Array(500).keys()].map((mid) => [mid, `${id}:${mid}`])));
    await Promise.race([hostile.saw('sdpAnswer').catch(() => undefined), hostile.closed]);
    await goesOn();
    t.match(await server.ask('GET', '/health'), { status: 200 });
  });
}

t.test('events about tracks of other peers or unknown tracks are ignored', async (t) => {
  const { roomId, id, hostile, pair, goesOn } = await company(t);
  const before = (await server.room(roomId)).peers.find((peer: { id: string }) => peer.id === pair.senderId);
  for (const trackId of [pair.trackId, 'nobody', '__proto__', 'x'.repeat(256)]) {
    hostile.event('updateTrackMetadata', { trackId, trackMetadata: 'stolen' });
    hostile.event('disableTrackEncoding', { trackId, encoding: 'h' });
    hostile.custom('setTargetTrackVariant', { trackId, variant: 'h' });
  }
  await hostile.negotiate(good, { 0: pair.trackId }, { [pair.trackId]: 'stolen' });
  const after = (await server.room(roomId)).peers;
  t.strictSame(
    after.find((peer: { id: string }) => peer.id === pair.senderId),
    before,
    'its owner keeps it',
  );
  t.strictSame(after.find((peer: { id: string }) => peer.id === id).tracks, []);
  await goesOn();
});

t.test('frames of every size and kind are handled', async (t) => {
  for (const frame of [
    Buffer.alloc(maxPayload + 1),
    Buffer.alloc(1_000_000, 0xff),
    Buffer.from('ff', 'hex'),
    'x'.repeat(500_000),
  ]) {
    const { hostile, goesOn } = await company(t);
    hostile.socket.send(frame);
    if (typeof frame === 'string') await hostile.settle();
    else t.match(await hostile.closed, { code: frame.length > maxPayload ? 1009 : 1011 });
    await goesOn();
  }
});

t.test('offers that were not requested, and requested ones that do not come, are tolerated', async (t) => {
  const { hostile, goesOn } = await company(t);
  for (let times = 0; times < 20; times += 1) hostile.offer(good, { 0: 'mine' });
  for (let times = 0; times < 200; times += 1) hostile.custom('renegotiateTracks');
  await hostile.settle();
  t.ok(hostile.events.filter(({ type }) => type === 'offerData').length <= 2, 'one round at a time');
  await goesOn();
});

t.test('32,767 duplicate events cost next to nothing', async (t) => {
  const { hostile, id, pair, goesOn } = await company(t);
  const rids = ['l', 'm', 'h'].map((rid) => `a=rid:${rid} send`);
  const layers = offerText([{ mid: '0', lines: [...rids, 'a=simulcast:send l;m;h'] }]);
  await hostile.negotiate(layers, { 0: `${id}:picture` });
  await pair.receiver.saw('tracksAdded', 2);
  const ping = async (count: number) => {
    const start = performance.now();
    for (let times = 0; times < count; times += 1) await pair.receiver.settle();
    return (performance.now() - start) / count;
  };
  const idle = await ping(50);
  const cpu = process.cpuUsage();
  for (let times = 0; times < 32_767; times += 1) {
    hostile.event('disableTrackEncoding', { trackId: `${id}:picture`, encoding: 'h' });
  }
  const busy = await ping(50);
  await hostile.settle();
  const { user, system } = process.cpuUsage(cpu);
  t.comment(
    `ping beside the flood: ${(busy / idle).toFixed(1)} times; CPU per message ${((user + system) / 32_767).toFixed(1)} us`,
  );
  t.equal(hostile.socket.readyState, hostile.socket.OPEN, 'not disconnected for it');
  await pair.receiver.saw('trackEncodingDisabled');
  await goesOn();
  t.equal(pair.receiver.events.filter(({ type }) => type === 'trackEncodingDisabled').length, 1, 'told once');
});

t.test('a client that does not read is closed, with bounded memory', async (t) => {
  const { roomId, id, hostile, pair } = await company(t);
  hostile.socket.pause();
  const metadata = 'm'.repeat(60_000);
  const gone = backend.saw(roomId, 'PeerDisconnected');
  let left = false;
  gone.then(() => {
    left = true;
  });
  for (let times = 0; !left && times < 1000; times += 1) {
    pair.sender.event('updateTrackMetadata', { trackId: pair.trackId, trackMetadata: `${times}${metadata}` });
    await pair.sender.settle();
  }
  t.equal((await gone).find(({ name }) => name === 'PeerDisconnected')?.peerId, id);
  hostile.socket.resume();
  const rounds = pair.receiver.events.filter(({ type }) => type === 'trackUpdated').length;
  t.ok(rounds > 10, 'the one who reads got them');
  await elsewhere.goesOn(t);
});

t.test('many silent sockets affect no other peer', async (t) => {
  const silent = await Promise.all(Array.from({ length: 200 }, () => PeerClient.open(t, host)));
  await elsewhere.goesOn(t);
  for (const { socket } of silent) socket.terminate();
  t.equal(silent.length, 200);
});

t.test('connections that open and close at once leave nothing', async (t) => {
  const roomId = await server.createRoom();
  const { token } = await server.addPeer(roomId);
  for (let times = 0; times < 30; times += 1) {
    const client = await PeerClient.open(t, host);
    client.send({ case: 'authRequest', value: { token } });
    client.event('connect', { metadata: null });
    client.custom('renegotiateTracks');
    client.offer(good, { 0: `x${times}` });
    if (times % 2) await client.settle();
    client.socket.terminate();
    await once(client.socket, 'close');
  }
  await elsewhere.goesOn(t);
});

t.test('after all attacks no room, socket or timer is left', async (t) => {
  const { json } = await server.ask('GET', '/room');
  for (const { id } of json.data) if (id !== elsewhere.roomId) await server.delete(`/room/${id}`);
  await elsewhere.goesOn(t);
  t.strictSame((await workers.parts()).sort(), partsOfOthers.sort(), 'routers, transports, producers and consumers');
  await server.delete(`/room/${elsewhere.roomId}`);
  t.strictSame(await workers.routers(), []);
  t.strictSame(await workers.parts(), []);
  t.strictSame(
    server.log.filter(({ severity }) => severity === 'error'),
    [],
    'no error was logged',
  );
});
