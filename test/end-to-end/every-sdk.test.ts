import t, { type Test } from 'tap';
import type { Sdk } from './browser-client.ts';
import { hasMedia, Meeting, perceives, type Sender } from './meeting.ts';

const meeting = await Meeting.start(t);

/** Everybody hears and sees everybody else, and no page threw. */
async function meet(test: Test, sdks: readonly Sdk[]): Promise<void> {
  const roomId = await meeting.server.createRoom();
  const senders: Sender[] = [];
  for (const sdk of sdks) senders.push(await meeting.enter(roomId, sdk));
  for (const sender of senders) {
    const others = senders.filter((other) => other !== sender);
    const tracks = await perceives(sender, others);
    const owners = tracks.map(({ trackId, endpointId }) => [endpointId, trackId]).sort();
    const expected = others.flatMap(({ peerId, audio, video }) => [audio, video].map((id) => [peerId, id]));
    test.strictSame(owners, expected.sort(), 'each track belongs to its sender');
    test.strictSame(sender.client.errors, []);
  }
  await meeting.end(roomId, senders);
}

for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) {
  t.test(`two peers with the ${sdk} SDK hear and see each other`, (test) => meet(test, [sdk, sdk]));
  t.test(`four peers with the ${sdk} SDK hear and see each other`, (test) => meet(test, [sdk, sdk, sdk, sdk]));
}

t.test('all generations meet in one room', (test) => meet(test, ['fishjam', 'cloud', 'jellyfish', 'cloud']));

t.test('who adds a track as soon as it has joined a room with tracks needs one round', async (t) => {
  const { server, browser } = meeting;
  const roomId = await server.createRoom();
  const host = await meeting.enter(roomId, 'cloud');
  for (const sdk of ['fishjam', 'cloud'] as const) {
    const { id: peerId, token } = await server.addPeer(roomId);
    const client = await browser.open();
    const [video = ''] = await client.enter(sdk, server.host, token, ['video']);
    await perceives({ client, peerId, token }, [host]);
    await host.client.receives('its picture', (tracks) =>
      tracks.some((track) => track.trackId === video && hasMedia(track)),
    );
    const answered = server.log.filter(({ message }) => message === 'An offer was answered.');
    t.equal(answered.filter(({ metadata }) => metadata['peer_id'] === peerId).length, 1, sdk);
    await client.leave();
    await client.tab.close();
    await host.client.receives('nothing more', (tracks) => tracks.length === 0);
  }
  await meeting.end(roomId, [host]);
});
