// Clients that reach the server through its relay only, with few relay ports.
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { PeerClient } from '../peer-client.ts';
import { PortBlock } from '../port-block.ts';
import { holdAllocation } from '../turn/held-allocation.ts';
import { Meeting, perceives } from './meeting.ts';

async function start(t: Test, ports: number, variables: Record<string, string> = {}): Promise<Meeting> {
  const { min } = await PortBlock.claim(t);
  return await Meeting.start(t, { FJ_WEBRTC_TURN_PORT_RANGE: `${min}-${min + ports - 1}`, ...variables });
}

/** A value of the metrics. */
async function value({ server }: Meeting, series: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${server.server.metricsPort}/metrics`);
  return Number(new RegExp(`^${series} (\\d+)$`, 'm').exec(await response.text())?.[1]);
}

const noneLeft = async (meeting: Meeting) =>
  await eventually('no relay port is held', async () => (await value(meeting, 'shoal_turn_allocations')) === 0);

t.test('in the range 50000-50050 twenty pairs come, see each other and close their tabs', async (t) => {
  const meeting = await start(t, 51);
  t.equal(await value(meeting, 'shoal_turn_relay_ports'), 34);
  for (let pair = 0; pair < 20; pair += 1) {
    const roomId = await meeting.server.createRoom();
    const guests = await Promise.all([meeting.enter(roomId, 'fishjam'), meeting.enter(roomId, 'fishjam')]);
    const [one, other] = guests;
    await Promise.all([perceives(one, [other]), perceives(other, [one])]);
    for (const { client } of guests) await client.tab.close();
  }
  await noneLeft(meeting);
  t.equal(await value(meeting, 'shoal_turn_refusals_total'), 0);
});

t.test('whoever stays while others come and go keeps seeing them, with a dozen allocations at most', async (t) => {
  const meeting = await start(t, 51);
  const roomId = await meeting.server.createRoom();
  const host = await meeting.enter(roomId, 'jellyfish');
  for (let guest = 0; guest < 10; guest += 1) {
    const other = await meeting.enter(roomId, 'jellyfish');
    await Promise.all([perceives(host, [other]), perceives(other, [host])]);
    await other.client.tab.close();
  }
  await eventually('its own are left', async () => (await value(meeting, 'shoal_turn_allocations')) <= 6);
  t.notOk(
    meeting.server.log.some(({ message }) => message === 'A peer has as many relay allocations as it may have.'),
    'it never came to the limit',
  );
  await host.client.tab.close();
  await noneLeft(meeting);
});

t.test('whoever gets no relay port is told, and so are its backend, the log and the metrics', async (t) => {
  // six for the relay; those of the media do not run out
  const meeting = await start(t, 10, { SHOAL_WEBRTC_SERVER: 'true' });
  const roomId = await meeting.server.createRoom();
  const greedy = await PeerClient.join(t, meeting.server.host, (await meeting.server.addPeer(roomId)).token);
  greedy.custom('renegotiateTracks');
  const [entry] = (await greedy.saw('offerData')).data.integratedTurnServers;
  for (let port = 0; port < 6; port += 1) t.match(await holdAllocation(t, entry), { relayPort: Number });

  const told = meeting.backend.saw(roomId, 'PeerCrashed');
  // nothing comes of its tracks
  meeting.enter(roomId, 'fishjam').catch(() => undefined);
  const notifications = await told;
  t.match(
    notifications.find(({ name }) => name === 'PeerCrashed'),
    { reason: 'No relay port is free' },
  );
  await meeting.server.logged('No TURN relay port is free: clients that need the relay get no media.');
  t.ok((await value(meeting, 'shoal_turn_refusals_total')) > 0);
});
