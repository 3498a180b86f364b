// Whatever a peer made the server allocate ends with it, however it ends.
import t from 'tap';
import { eventually } from './eventually.ts';
import { MediaWorkers } from './media-workers.ts';
import { OpenResources } from './open-resources.ts';
import { PeerClient } from './peer-client.ts';
import { RunningServer } from './running-server.ts';
import { offerText } from './signalling/sdp/offers.ts';
import { holdAllocation } from './turn/held-allocation.ts';

type Offered = Parameters<typeof offerText>[0][number];
const sent: Offered = { mid: '0', kind: 'audio', direction: 'sendonly', lines: ['a=ssrc:1 cname:x'] };
const received: Offered = { mid: '1', kind: 'audio', direction: 'recvonly', lines: [] };

/** More than what comes and goes by itself. */
const guestsPerWay = 5;

/** Where the sockets of the clients are opened. */
const clients = ['/test/turn/held-allocation.ts', '/test/peer-client.ts'];

t.test('transports, tracks, timers, sockets and relay ports of a peer end with it', async (t) => {
  const workers = new MediaWorkers();
  const resources = new OpenResources();
  t.teardown(() => resources.close());
  const server = await RunningServer.start(t, {}, () => resources.watch());
  const roomId = await server.createRoom();
  const allocations = async () => {
    const response = await fetch(`http://127.0.0.1:${server.server.metricsPort}/metrics`);
    return Number(/^shoal_turn_allocations (\d+)$/m.exec(await response.text())?.[1]);
  };

  /** Timers, sockets and processes of the server. */
  const open = () => resources.list.filter((place) => !clients.some((client) => place.includes(client))).length;

  /** Someone with a track of their own, one of the others, and an allocation. */
  const enter = async (offered: readonly Offered[]) => {
    const { id, token } = await server.addPeer(roomId);
    const client = await PeerClient.join(t, server.host, token);
    await client.negotiate(offerText([...offered]), { 0: `${id}:audio` });
    const [entry] = (await client.saw('offerData')).data.integratedTurnServers;
    const { serverAddr, serverPort, username, password } = entry;
    const turn = { serverAddr, serverPort, username, password, transport: 'udp' } as const;
    t.match(await holdAllocation(t, turn), { relayPort: Number }, 'it has an allocation');
    return { id, client };
  };

  await enter([sent]);
  await eventually('the relay is watched', async () => (await allocations()) === 1);
  const partsBefore = (await workers.parts()).sort();
  const openBefore = open();

  const ways: Readonly<Record<string, (guest: Awaited<ReturnType<typeof enter>>) => void | Promise<void>>> = {
    'its connection breaks': ({ client }) => client.socket.terminate(),
    'its backend removes it': ({ id }) => server.delete(`/room/${roomId}/peer/${id}`),
    'it sends what cannot be read': ({ client }) => client.eventText('{'),
  };
  for (const [way, leave] of Object.entries(ways)) {
    const guests: Awaited<ReturnType<typeof enter>>[] = [];
    while (guests.length < guestsPerWay) guests.push(await enter([sent, received]));
    t.ok(
      (await workers.parts()).length >= partsBefore.length + 3 * guestsPerWay,
      'each has a transport and two tracks',
    );
    for (const guest of guests) await leave(guest);
    await Promise.all(guests.map(({ client }) => client.closed));
    await eventually(`no part is left: ${way}`, async () => {
      const parts = (await workers.parts()).sort();
      return parts.join() === partsBefore.join();
    });
    await eventually(`no relay port is left: ${way}`, async () => (await allocations()) === 1);
    await eventually(`no timer or socket is left: ${way}`, () => open() <= openBefore);
  }
});
