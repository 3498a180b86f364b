// docs/contracts/fishjam-rest.md 3.1 and 4.
import t from 'tap';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { RunningApi } from '../api/running-api.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { mediaDouble } from '../sfu/media-double.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const create = (body: unknown) => api.ask('POST', '/room', { body });

t.test('a room is created with defaults', async (t) => {
  const response = await create({});
  const { room } = response.json.data;
  t.equal(response.status, 201);
  t.match(room.id, uuid, 'a random UUID v4');
  t.same(response.json, {
    data: {
      room: {
        id: room.id,
        config: {
          roomId: room.id,
          maxPeers: null,
          videoCodec: null,
          webhookUrl: null,
          peerlessPurgeTimeout: null,
          peerDisconnectedTimeout: null,
        },
        components: [],
        peers: [],
      },
      fishjam_address: 'media.example:4000/shoal',
      jellyfish_address: 'media.example:4000/shoal',
    },
  });
  const config = {
    roomId: 'Room_1-a',
    maxPeers: 0,
    videoCodec: 'h264',
    webhookUrl: 'http://backend.example/',
    peerlessPurgeTimeout: 3600,
    peerDisconnectedTimeout: 1,
  };
  t.same((await create(config)).json.data.room.config, config, 'all members');
  const nulls = Object.fromEntries(Object.keys(config).map((name) => [name, null]));
  t.equal((await create(nulls)).status, 201, 'null = unset');
});

t.test('valid values are accepted', async (t) => {
  for (const body of [
    { roomId: '-' },
    { roomId: '_' },
    { roomId: '0' },
    { roomId: 'x'.repeat(500) },
    { maxPeers: 0 },
    { maxPeers: 10 },
    { videoCodec: 'vp8' },
    { webhookUrl: 'https://user:secret@backend.example:8443/path?query#fragment' },
    { webhookUrl: 'custom://host/' },
    { webhookUrl: `http://h/${'a'.repeat(2039)}` },
    { peerlessPurgeTimeout: 1 },
    { peerDisconnectedTimeout: 1 },
  ]) {
    const response = await create(body);
    t.equal(response.status, 201, JSON.stringify(body).slice(0, 80));
    t.match(response.json.data?.room.config, body);
  }
});

const roomIdError = (value: string) =>
  `Cannot add room with id "${value}" - roomId may contain only alphanumeric characters, hyphens and underscores`;
const errors: Record<string, (value: string) => string> = {
  roomId: roomIdError,
  maxPeers: (value) => `Expected maxPeers to be a number, got: ${value}`,
  videoCodec: (value) => `Expected videoCodec to be 'h264' or 'vp8', got: ${value}`,
  webhookUrl: (value) => `Expected webhookUrl to be valid URL, got: ${value}`,
  peerlessPurgeTimeout: (value) => `Expected peerlessPurgeTimeout to be a positive integer, got: ${value}`,
  peerDisconnectedTimeout: (value) => `Expected peerDisconnectedTimeout to be a positive integer, got: ${value}`,
};

t.test('refused values are printed as by the reference', async (t) => {
  const cases: [member: string, json: string, printed: string][] = [
    ['roomId', '""', ''],
    ['roomId', '"with blank"', 'with blank'],
    ['roomId', '"line\\n"', 'line\n'],
    ['roomId', '"dot."', 'dot.'],
    ['roomId', '"ä"', 'ä'],
    ['roomId', `"${'x'.repeat(513)}"`, 'x'.repeat(513)],
    ['roomId', '5', '5'],
    ['roomId', 'true', 'true'],
    ['roomId', '{"a":[1,"b"]}', '{"a":[1,"b"]}'],
    ['maxPeers', '"nan"', 'nan'],
    ['maxPeers', '"10"', '10'],
    ['maxPeers', '-25', '-25'],
    ['maxPeers', '-1', '-1'],
    ['maxPeers', '1.5', '1.5'],
    ['maxPeers', '1.50', '1.5'],
    ['maxPeers', '60.0', '60.0'],
    ['maxPeers', '-0.0', '-0.0'],
    ['maxPeers', '-12345678901234567890', '-12345678901234567890'],
    ['maxPeers', 'true', 'true'],
    ['maxPeers', 'false', 'false'],
    ['maxPeers', '[60.0]', '[60.0]'],
    ['videoCodec', '"H264"', 'H264'],
    ['videoCodec', '"opus"', 'opus'],
    ['videoCodec', '""', ''],
    ['videoCodec', '1', '1'],
    ['videoCodec', '[]', '[]'],
    ['webhookUrl', '"not.a.url"', 'not.a.url'],
    ['webhookUrl', '"http://host"', 'http://host'],
    ['webhookUrl', '"http://host?a=/b"', 'http://host?a=/b'],
    ['webhookUrl', '"host/path"', 'host/path'],
    ['webhookUrl', '"//host/path"', '//host/path'],
    ['webhookUrl', '"http:///path"', 'http:///path'],
    ['webhookUrl', '"mailto:a@b/c"', 'mailto:a@b/c'],
    ['webhookUrl', `"http://h/${'a'.repeat(2048)}"`, `http://h/${'a'.repeat(991)}…`],
    ['webhookUrl', '5', '5'],
    ['webhookUrl', '{}', '{}'],
    ['peerlessPurgeTimeout', '0', '0'],
    ['peerlessPurgeTimeout', '-25', '-25'],
    ['peerlessPurgeTimeout', '60.0', '60.0'],
    ['peerlessPurgeTimeout', '"60"', '60'],
    ['peerDisconnectedTimeout', '0', '0'],
    ['peerDisconnectedTimeout', '-1', '-1'],
    ['peerDisconnectedTimeout', '2.5', '2.5'],
    ['peerDisconnectedTimeout', 'true', 'true'],
  ];
  const before = new Set(api.rooms.list());
  for (const [member, json, printed] of cases) {
    const headers = { 'content-type': 'application/json' };
    const response = await api.ask('POST', '/room', { headers, body: `{"${member}":${json}}` });
    t.equal(response.status, 400, `${member} ${json}`);
    t.same(response.json, { errors: errors[member]?.(printed) });
  }
  // some of those before are purged meanwhile
  const added = api.rooms.list().filter((room) => !before.has(room));
  t.same(added, []);
});

t.test('the first invalid member wins', async (t) => {
  const members = Object.keys(errors);
  for (const [index, member] of members.entries()) {
    // Written in the opposite order: that of the body does not count.
    const body = Object.fromEntries(
      members
        .slice(index)
        .map((name) => [name, '!'] as const)
        .reverse(),
    );
    t.equal((await create(body)).json.errors, errors[member]?.('!'), member);
  }
  const roomId = await api.createRoom();
  const last = await create({ roomId, peerDisconnectedTimeout: 0 });
  t.match(last.json.errors, /peerDisconnectedTimeout/, 'an id that is taken comes last');
});

t.test('an id in use is refused', async (t) => {
  const roomId = await api.createRoom();
  const response = await create({ roomId });
  t.equal(response.status, 400);
  t.same(response.json, { errors: `Cannot add room with id "${roomId}" - room already exists` });
  t.equal((await api.ask('DELETE', `/room/${roomId}`)).status, 204);
  t.equal((await create({ roomId })).status, 201, 'it is free again afterwards');
});

t.test('rooms are read one by one and all together', async (t) => {
  const id = await api.createRoom({ maxPeers: 3 });
  const one = await api.ask('GET', `/room/${id}`);
  t.equal(one.status, 200);
  t.same(Object.keys(one.json.data).sort(), ['components', 'config', 'id', 'peers'], 'not wrapped in room');
  const all = await api.ask('GET', '/room');
  t.equal(all.status, 200);
  t.same(
    all.json.data.map((room: { id: string }) => room.id).sort(),
    api.rooms
      .list()
      .map((room) => room.id)
      .sort(),
  );
  t.same(
    all.json.data.find((room: { id: string }) => room.id === id),
    one.json.data,
  );
  for (const unknown of ['none', 'a b', '%2E%2E', 'x'.repeat(2000)]) {
    const response = await api.ask('GET', `/room/${encodeURI(unknown)}`);
    t.equal(response.status, 404, 'ids in paths are not checked for their form');
  }
  t.same((await api.ask('GET', '/room/none')).json, { errors: 'Room none does not exist' });
  t.same((await api.ask('GET', '/room/a%2Fb')).json, { errors: 'Room a/b does not exist' });
});

t.test('deleting a room closes its sockets', async (t) => {
  const id = await api.createRoom();
  const room = api.rooms.get(id);
  const peer = room.addPeer({ enableSimulcast: true });
  const closed: unknown[] = [];
  room.connectPeer(peer.id, { close: (...args) => closed.push(args) });
  const response = await api.ask('DELETE', `/room/${id}`);
  t.equal(response.status, 204);
  t.equal(response.text, '');
  t.equal((await api.ask('GET', `/room/${id}`)).status, 404);
  t.same(closed, [['roomClosed']], 'sockets have been told to close');
  t.same(
    api.events.filter((event) => event.roomId === id).map((event) => event.type),
    ['roomCreated', 'peerAdded', 'peerConnected', 'peerDeleted', 'roomDeleted'],
  );
  const again = await api.ask('DELETE', `/room/${id}`);
  t.equal(again.status, 404);
  t.same(again.json, { errors: `Room ${id} does not exist` });
});

t.test('a room that does not open in 5 s, or fails to, responds with 503 or 500', async (t) => {
  const clock = new HeldClock();
  const events = new RoomEvents();
  let open: (media: RoomRouter) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const openMedia = () =>
    new Promise<RoomRouter>((resolve, reject) => {
      open = resolve;
      fail = reject;
    });
  const rooms = new RoomRegistry({ events, openMedia, clock });
  const slow = await RunningApi.start({ rooms, clock });
  t.teardown(() => slow.close());

  const asked = slow.ask('POST', '/room', { body: { roomId: 'slow' } });
  await clock.whenPending(1);
  clock.advance(4_999);
  t.equal(slow.errors.length, 0);
  clock.advance(1);
  const response = await asked;
  t.equal(response.status, 500);
  t.same(response.json, { errors: { detail: 'Internal Server Error' } });
  t.match(
    slow.errors,
    [{ err: { message: 'A room did not respond in time.', stack: /room-deadline/ } }],
    'it is logged',
  );
  const closed = new Promise<void>((resolve) => open(mediaDouble(resolve)));
  await closed;
  t.equal(rooms.size, 0, 'a room that comes too late for its caller is not kept');

  const failing = slow.ask('POST', '/room', { body: { roomId: 'broken' } });
  await clock.whenPending(1);
  fail(new Error('No worker.'));
  const broken = await failing;
  t.equal(broken.status, 500);
  t.notMatch(broken.text, 'worker', 'nothing of the cause is told');
  t.equal(slow.errors[1]?.err?.message, 'No worker.');
  t.equal(clock.pending, 0);
});
