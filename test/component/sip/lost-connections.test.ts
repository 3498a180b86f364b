import { once } from 'node:events';
import t from 'tap';
import { failureOf, openRegistration, registered, sequence } from './open-registration.ts';
import { openScriptedRegistrar } from './scripted-registrar.ts';
import { openTcpRelay } from './tcp-relay.ts';

t.test('a registrar that closes each connection is tried again as late as any that fails', async (t) => {
  const registrar = await openScriptedRegistrar(t);
  const relay = await openTcpRelay(t, registrar.peer.sockets.port);
  const opened = await openRegistration(t, registrar.peer, async () => [relay.hop], 'example.org;transport=tcp');
  const { clock, registration } = opened;
  await registered(registration);
  registrar.answer = () => relay.breakAll();
  await clock.whenPending(1);
  clock.advance(45_000);
  for (const wait of [5000, 10_000, 20_000]) {
    t.match(await failureOf(registration), { code: 'unreachable' });
    const count = relay.connections.length;
    await clock.whenPending(1);
    clock.advance(wait - 1);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(relay.connections.length, count);
    clock.advance(1);
  }
  await failureOf(registration);
  const closing = registration.close();
  clock.advance(2000);
  await closing;
});

t.test('a registrar that closes each connection when it has responded gets a new one later each time', async (t) => {
  const { peer } = await openScriptedRegistrar(t);
  const relay = await openTcpRelay(t, peer.sockets.port);
  const opened = await openRegistration(t, peer, async () => [relay.hop], 'example.org;transport=tcp');
  const { clock, transport, registration } = opened;
  await registered(registration);
  const loses = async () => {
    await clock.whenPending(1);
    const lost = once(transport.observer, 'disconnected');
    relay.breakAll();
    await lost;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const waits = async (wait: number) => {
    const count = relay.connections.length;
    clock.advance(wait - 1);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(relay.connections.length, count);
    await responds(1);
  };
  const responds = async (wait: number) => {
    const responded = once(transport.observer, 'message');
    clock.advance(wait);
    await responded;
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const wait of [1000, 2000, 4000]) {
    await loses();
    await waits(wait);
  }
  await responds(45_000);
  await loses();
  await waits(1000);
  await registration.close();
});

t.test('when the connection is lost it is registered anew over another one, after a second', async (t) => {
  const { peer } = await openScriptedRegistrar(t);
  const relay = await openTcpRelay(t, peer.sockets.port);
  const opened = await openRegistration(t, peer, async () => [relay.hop], 'example.org;transport=tcp');
  const { clock, transport, registration } = opened;
  await registered(registration);
  const [first, second] = [await peer.next(), await peer.next()];
  t.match(first.request.headers.get('contact'), /;transport=tcp;line=\w+>$/);
  await clock.whenPending(1);
  const lost = once(transport.observer, 'disconnected');
  relay.breakAll();
  t.strictSame(await lost, [relay.hop]);
  // the wait for the refresh has ended, and that for the new connection begun
  await clock.whenPending(1);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(999);
  t.equal(relay.connections.length, 1);
  clock.advance(1);
  t.equal(sequence(await peer.next()), (sequence(second) ?? 0) + 1);
  t.equal(relay.connections.length, 2);
  await registration.close();
});
