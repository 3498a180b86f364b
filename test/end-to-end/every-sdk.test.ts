import t, { type Test } from 'tap';
import type { Sdk } from './browser-client.ts';
import { Meeting, perceives, type Sender } from './meeting.ts';

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
