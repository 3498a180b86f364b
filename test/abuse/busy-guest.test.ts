// What one guest sends, at every limit, the others do not notice.
import t from 'tap';
import { PeerClient } from '../peer-client.ts';
import { RunningServer } from '../running-server.ts';

/** Time in which a request of somebody else is answered, in ms. */
const answerTime = 200;

const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });

/** Asks for the health of the server until `work` is done. @returns the longest time of an answer, in ms of CPU */
async function longestAnswer(work: Promise<unknown>): Promise<number> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  let longest = 0;
  do {
    const before = process.cpuUsage();
    await server.ask('GET', '/health');
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
  } while (!done);
  await work;
  return longest;
}

for (const letters of [100_000, 300_000]) {
  t.test(`a version of ${letters} letters delays nobody, and the log shows its beginning`, async (t) => {
    const { token } = await server.addPeer(await server.createRoom());
    const client = await PeerClient.open(t, server.host);
    client.send({ case: 'authRequest', value: { token, sdkVersion: 'a'.repeat(letters) } });
    t.ok((await longestAnswer(client.settle())) < answerTime);
    const { metadata } = await server.logged('A peer connected.');
    t.equal(metadata.sdk_version, 'a'.repeat(64));
  });
}

t.test('a token of a million letters is refused without being verified', async (t) => {
  const client = await PeerClient.open(t, server.host);
  client.send({ case: 'authRequest', value: { token: `${'a'.repeat(500_000)}.${'a'.repeat(500_000)}.a` } });
  t.ok((await longestAnswer(client.closed)) < answerTime);
  t.strictSame(await client.closed, { code: 1000, reason: 'invalid token' });
});

t.test('a webhook URL or room id of a million letters is refused', async (t) => {
  for (const member of ['webhookUrl', 'roomId']) {
    const asking = server.ask('POST', '/room', { [member]: `${'a'.repeat(1_000_000)}://h/` });
    t.ok((await longestAnswer(asking)) < answerTime);
    t.equal((await asking).status, 400);
  }
});
