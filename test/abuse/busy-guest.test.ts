// What one guest sends, at every limit, the others do not notice.
import t, { type Test } from 'tap';
import { PeerClient } from '../peer-client.ts';
import { RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

/** Time in which a request of somebody else is answered, in ms. */
const answerTime = 200;

const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });

/** Whether requests of others are answered in time while `work` is done, once at least: a busy machine does not count. */
async function delaysNobody(work: () => Promise<unknown>): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) if ((await longestAnswer(work())) < answerTime) return true;
  return false;
}

/** Asks for the health of the server until `work` is done. @returns the longest time of an answer, in ms of CPU of this thread */
async function longestAnswer(work: Promise<unknown>): Promise<number> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  let longest = 0;
  do {
    const before = process.threadCpuUsage();
    await server.ask('GET', '/health');
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
  } while (!done);
  await work;
  return longest;
}

for (const letters of [100_000, 300_000]) {
  t.test(`a version of ${letters} letters delays nobody, and the log shows its beginning`, async (t) => {
    const connect = async () => {
      const { token } = await server.addPeer(await server.createRoom());
      const client = await PeerClient.open(t, server.host);
      client.send({ case: 'authRequest', value: { token, sdkVersion: 'a'.repeat(letters) } });
      await client.settle();
    };
    t.ok(await delaysNobody(connect));
    const { metadata } = await server.logged('A peer connected.');
    t.equal(metadata.sdk_version, 'a'.repeat(64));
  });
}

t.test('a token of a million letters is refused without being verified', async (t) => {
  const connect = async () => {
    const client = await PeerClient.open(t, server.host);
    client.send({ case: 'authRequest', value: { token: `${'a'.repeat(500_000)}.${'a'.repeat(500_000)}.a` } });
    t.strictSame(await client.closed, { code: 1000, reason: 'invalid token' });
  };
  t.ok(await delaysNobody(connect));
});

t.test('a webhook URL or room id of a million letters is refused', async (t) => {
  for (const member of ['webhookUrl', 'roomId']) {
    const ask = async () => {
      const { status } = await server.ask('POST', '/room', { [member]: `${'a'.repeat(1_000_000)}://h/` });
      t.equal(status, 400);
    };
    t.ok(await delaysNobody(ask));
  }
});

/** A room of twelve, of whom eleven listen; what they hear costs this process next to nothing. */
async function crowd(t: Test) {
  const roomId = await server.createRoom();
  const guest = await server.addPeer(roomId);
  const hostile = await PeerClient.join(t, server.host, guest.token);
  let heard = 0;
  const listeners = await Promise.all(
    Array.from({ length: 11 }, async () => {
      const listener = await PeerClient.join(t, server.host, (await server.addPeer(roomId)).token);
      listener.socket.removeAllListeners('message');
      return listener;
    }),
  );
  for (const { socket } of listeners) socket.on('message', () => (heard += 1));
  const heardSoFar = async () => {
    for (const listener of [hostile, ...listeners]) await listener.settle();
    return heard;
  };
  return { roomId, id: guest.id, hostile, heardSoFar };
}

t.test('an update of 330,000 members is refused, and delays nobody', async (t) => {
  const { roomId, id, hostile, heardSoFar } = await crowd(t);
  hostile.event('updateEndpointMetadata', { metadata: { name: 'before' } });
  const told = await heardSoFar();
  const members = Array.from({ length: 330_000 }, (_, index) => [`k${index}`, 1]);
  const text = JSON.stringify({ type: 'updateEndpointMetadata', data: { metadata: Object.fromEntries(members) } });
  const update = async () => {
    hostile.eventText(text);
    await hostile.settle();
  };
  t.ok(await delaysNobody(update));
  const { peers } = await server.room(roomId);
  t.match(peers.find((peer: { id: string }) => peer.id === id).metadata, { name: 'before' });
  t.equal(await heardSoFar(), told, 'the others are told nothing');
  t.equal(hostile.socket.readyState, hostile.socket.OPEN);
  t.ok(await server.logged('Metadata of a peer is ignored.'));
});

t.test('a peer that connects with too much metadata is closed with the reason', async (t) => {
  const { token } = await server.addPeer(await server.createRoom());
  const client = await PeerClient.open(t, server.host);
  await client.authenticate(token);
  client.event('connect', { metadata: 'm'.repeat(70_000) });
  t.strictSame(await client.closed, { code: 1011, reason: 'The metadata is longer than 65536 bytes' });
});

t.test('while one peer sends at every limit, others are answered', async (t) => {
  const { hostile } = await crowd(t);
  const members = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 1]));
  const flood = async () => {
    for (let round = 0; round < 20; round += 1) {
      hostile.event('updateEndpointMetadata', { metadata: { ...members, round } });
      for (let small = 0; small < 100; small += 1) hostile.custom('renegotiateTracks');
      hostile.eventText(`{"type":"x","data":"${'x'.repeat(500_000)}"}`);
    }
    await hostile.settle();
  };
  t.ok(await delaysNobody(flood));
  t.equal(hostile.socket.readyState, hostile.socket.OPEN);
});

t.test(
  'who joins a room is not told more metadata of a peer with many tracks than one with few may have',
  async (t) => {
    const roomId = await server.createRoom();
    const { id, token } = await server.addPeer(roomId);
    const hostile = await PeerClient.join(t, server.host, token);
    const mids = Array.from({ length: 64 }, (_, mid) => String(mid));
    const sections = mids.map((mid) => ({ mid, kind: 'audio' as const, lines: [`a=ssrc:${Number(mid) + 1} cname:x`] }));
    await hostile.negotiate(offerText(sections), Object.fromEntries(mids.map((mid) => [mid, `${id}:${mid}`])));
    for (const mid of mids) {
      hostile.event('updateTrackMetadata', { trackId: `${id}:${mid}`, trackMetadata: 'm'.repeat(60_000) });
    }
    await hostile.settle();
    const [peer] = (await server.room(roomId)).peers;
    t.equal(peer.tracks.filter(({ metadata }: { metadata: unknown }) => metadata !== null).length, 1);
    const more = offerText([...sections, { mid: '64', kind: 'audio', lines: ['a=ssrc:65 cname:x'] }]);
    hostile.custom('renegotiateTracks');
    await hostile.saw('offerData', 2);
    const names = { ...Object.fromEntries(mids.map((mid) => [mid, `${id}:${mid}`])), 64: `${id}:64` };
    hostile.offer(more, names, { [`${id}:64`]: 'm'.repeat(60_000) });
    t.strictSame(await hostile.closed, { code: 1011, reason: 'The metadata is longer than 65536 bytes' });
  },
);
