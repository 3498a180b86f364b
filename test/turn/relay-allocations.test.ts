// The relay ports of a real TURN server: who holds them, and for how long.
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { createLogger } from '../../src/log/logger.ts';
import { TurnServer, type TurnServerOptions } from '../../src/turn/turn-server.ts';
import { eventually } from '../eventually.ts';
import { PortBlock } from '../port-block.ts';
import { type HeldAllocation, holdAllocation } from './held-allocation.ts';

async function startTurn(t: Test, options: Partial<TurnServerOptions> = {}): Promise<TurnServer> {
  const { udpPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const address = { listenIp: '127.0.0.1', announcedIp: '127.0.0.1', udpPort };
  const defaults = { relayPorts, allocationsPerPeer: 12, logger: pino({ enabled: false }) };
  const server = await TurnServer.start({ ...address, ...defaults, ...options });
  t.teardown(() => server.close());
  return server;
}

/** A server with so many relay ports. */
async function withPorts(t: Test, count: number, options: Partial<TurnServerOptions> = {}): Promise<TurnServer> {
  const { udpPort, relayPorts } = (await PortBlock.claim(t)).turn;
  const { min } = relayPorts;
  return await startTurn(t, { udpPort, relayPorts: { min, max: min + count - 1 }, ...options });
}

async function hold(t: Test, server: TurnServer, peerId: string, count: number): Promise<HeldAllocation[]> {
  const held: HeldAllocation[] = [];
  while (held.length < count) held.push(await holdAllocation(t, server.entriesFor(peerId)[0]));
  return held;
}

const portOf = (allocation: HeldAllocation | undefined) => {
  if (!allocation || 'refused' in allocation) throw new Error('refused');
  return allocation.relayPort;
};

/** The looks at all allocations are two seconds apart. */
t.jobs = 8;

t.test('the relay ports of a peer are free again when it has left', async (t) => {
  const server = await withPorts(t, 4);
  for (let guest = 0; guest < 5; guest += 1) {
    const held = await hold(t, server, `guest-${guest}`, 4);
    t.ok(
      held.every((allocation) => 'relayPort' in allocation),
      `guest ${guest} gets all four`,
    );
    t.same(await hold(t, server, 'other', 1), [{ refused: 508 }], 'then there is none');
    await eventually('they are counted', () => server.relay.allocations === 4);
    server.left(`guest-${guest}`);
    await eventually('its ports are free', () => server.relay.allocations === 0);
  }
});

t.test('the allocations of others, and of the same peer when it comes again, stay', async (t) => {
  const server = await startTurn(t);
  await hold(t, server, 'stays', 1);
  await hold(t, server, 'again', 2);
  server.left('again');
  await hold(t, server, 'again', 1);
  await eventually('two are left', () => server.relay.allocations === 2);
  server.left('again');
  await eventually('one is left', () => server.relay.allocations === 1);
});

t.test('who has left gets nothing for long with the credentials that it kept', async (t) => {
  const server = await withPorts(t, 2);
  const [entry] = server.entriesFor('guest');
  await hold(t, server, 'stays', 1);
  server.left('guest');
  t.match(await holdAllocation(t, entry), { relayPort: Number });
  let others = 0;
  await eventually('another one gets its port', async () => {
    others += 1;
    const [allocation] = await hold(t, server, `other-${others}`, 1);
    return allocation !== undefined && 'relayPort' in allocation;
  });
});

t.test('many that leave at once free their ports, too', async (t) => {
  const server = await startTurn(t);
  for (let guest = 0; guest < 20; guest += 1) await hold(t, server, `guest-${guest}`, 1);
  await hold(t, server, 'stays', 1);
  for (let guest = 0; guest < 20; guest += 1) server.left(`guest-${guest}`);
  await eventually('one is left', () => server.relay.allocations === 1);
});

t.test('an ICE restart ends what the peer had before the one before, except what it uses', async (t) => {
  const server = await startTurn(t);
  const first = await hold(t, server, 'peer', 2);
  server.restarted('peer', portOf(first[0]));
  await eventually('they are seen', () => server.relay.allocations === 2);
  const second = await hold(t, server, 'peer', 2);
  await eventually('the second are seen', () => server.relay.allocations === 4);
  server.restarted('peer', portOf(second[0]));
  await eventually('the first are ended', () => server.relay.allocations === 2);
  server.restarted('peer', portOf(second[1]));
  await eventually('what was there is ended', () => server.relay.allocations === 1);
});

t.test('one peer gets a dozen allocations, and the log says so', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'warning', structured: true }, { write: (line) => lines.push(line) });
  const server = await startTurn(t, { logger });
  const held = await hold(t, server, 'greedy', 14);
  t.equal(held.filter((allocation) => 'relayPort' in allocation).length, 12);
  t.same(held.slice(12), [{ refused: 486 }, { refused: 486 }]);
  t.match(await hold(t, server, 'modest', 1), [{ relayPort: Number }], 'another peer is not affected');
  await eventually('it is logged', () => lines.some((line) => /as many relay allocations as it may have/.test(line)));
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ metadata: { peer_id: 'greedy', allocations: 12 } }],
  );
});

t.test('that no relay port is free is counted and logged, but not for each refusal', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'warning', structured: true }, { write: (line) => lines.push(line) });
  const server = await withPorts(t, 3, { logger });
  await hold(t, server, 'first', 3);
  t.same(server.relay.refusals, 0);
  t.same(await hold(t, server, 'second', 3), [{ refused: 508 }, { refused: 508 }, { refused: 508 }]);
  await eventually('they are counted', () => server.relay.refusals >= 3);
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ message: /^No TURN relay port is free/, metadata: { ports: 3 } }],
  );
});

t.test('a server that hangs is replaced', async (t) => {
  const server = await startTurn(t);
  const { pid } = server;
  process.kill(Number(pid), 'SIGSTOP');
  await eventually('there is another one', () => server.pid !== undefined && server.pid !== pid);
  t.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
  await server.whenResponding();
  await hold(t, server, 'guest', 1);
  await eventually('its allocations are seen', () => server.relay.allocations === 1);
});

t.test('a server that was restarted is watched like the first', async (t) => {
  const server = await startTurn(t);
  await hold(t, server, 'before', 1);
  await eventually('it is seen', () => server.relay.allocations === 1);
  const { pid } = server;
  process.kill(Number(pid), 'SIGKILL');
  await eventually('there is another one', () => server.pid !== undefined && server.pid !== pid);
  await server.whenResponding();
  await hold(t, server, 'after', 2);
  await eventually('they are seen', () => server.relay.allocations === 2);
  server.left('after');
  await eventually('they are ended', () => server.relay.allocations === 0);
});
