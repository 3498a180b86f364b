import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { onBothEngines, testEngine } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { collectGarbage } from '../garbage-collection.ts';
import { OrderingPlace, SessionDouble } from './ordering-server.ts';

const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 1 };
const hours = (count: number) => count * 3_600_000;

await onBothEngines(t, 'a deployment from the order to its end', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const { clock, receiver } = place;
  const server = await place.start();
  const { deploymentId } = await server.order();
  t.strictSame(server.addresses, [], 'nothing is deployed before the response');
  t.equal(receiver.requests.length, 0);
  server.onDemand.deploy(deploymentId);
  server.onDemand.deploy(deploymentId);
  const [request] = await receiver.received(1);
  t.equal((await server.deployment(deploymentId)).state, 'active');
  const slots = [2222, 2223].map((port) => server.slotAt(port));
  const body = JSON.parse(String(request?.body));
  t.match(request, { method: 'POST', path: '/hook', headers: { 'content-type': 'application/json' } });
  t.strictSame(body, {
    it: 'worked',
    message: 'deployment successful',
    deployment_info: {
      deployment_id: deploymentId,
      recorders: slots.map(({ id }, index) => ({
        ...{ recorder_id: id, recorder_ip: '10.0.0.5', recorder_port: 2222 + index },
        ...{ recorder_url: `http://10.0.0.5:${2222 + index}`, expires_at: '2026-01-01T03:00:00.000Z' },
      })),
    },
  });
  for (const slot of slots) {
    t.match(slot.id, /^[\da-f]{8}-[\da-f]{4}-4/);
    t.equal(server.slots.find(slot.id), slot);
    t.strictSame(slot.status, { state: 'idle', healthy: true });
    t.match(slot.customer, { domain: 'meet.example', roomPrefix: 'acme-', tenant: undefined, token: undefined });
  }
  await server.whenTold();
  clock.advance(hours(3) - 1);
  t.equal((await server.deployment(deploymentId)).state, 'active');
  clock.advance(1);
  await server.whenState(deploymentId, 'expired');
  t.strictSame(server.addresses, []);
  t.strictSame(
    server.slots.all.map(({ id }) => id),
    ['jibri'],
  );
  t.match(await server.deployment(deploymentId), { ended_at: clock.now() });
  t.equal(await server.balance(), 1400, 'nothing is paid back');
  t.equal(receiver.requests.length, 1, 'nobody is told');
  await server.deploy({ recorders: '3' });
  t.equal(server.addresses.length, 3, 'the addresses are free again');
});

await onBothEngines(t, 'a busy recorder finishes its session, within the grace', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start({ JOD_HOUR_SECONDS: '1', JOD_EXPIRY_GRACE: '60' });
  const first = await server.deploy({ duration: '1' });
  const [busy, idle] = [server.slotAt(2222), server.slotAt(2223)];
  const session = new SessionDouble(busy);
  place.clock.advance(1000);
  await server.whenState(first, 'draining');
  await eventually('the idle one is expired', () => idle.status.state === 'expired');
  t.equal(busy.status.state, 'busy');
  t.strictSame(server.addresses, ['10.0.0.5:2222', '10.0.0.5:2223'], 'they can still be asked');
  place.clock.advance(59_999);
  t.equal(session.stopped, false);
  session.end();
  await server.whenState(first, 'expired');
  t.strictSame(server.addresses, []);

  const second = await server.deploy({ duration: '1' });
  const free = server.slotAt(2222);
  const endless = new SessionDouble(server.slotAt(2223));
  place.clock.advance(1000);
  await eventually('the other is expired', () => free.status.state === 'expired');
  place.clock.advance(60_000);
  await server.whenState(second, 'expired');
  t.equal(endless.stopped, true);
});

await onBothEngines(t, 'clocks that jump end no recorders early', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  const id = await server.deploy();
  place.clock.setTime(Date.UTC(2030, 0, 1));
  place.clock.advance(hours(3) - 1);
  t.equal((await server.deployment(id)).state, 'active');
  place.clock.setTime(Date.UTC(2020, 0, 1));
  place.clock.advance(1);
  await server.whenState(id, 'expired');
});

await onBothEngines(t, 'a location without enough recorders fails, and is paid back', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme, { ...acme, name: 'other' });
  const { receiver } = place;
  const server = await place.start({ JOD_LOCATIONS: 'fra:2,ams' });
  const fail = async (change: object) => {
    const { deploymentId } = await server.order({ duration: '1', ...change });
    server.onDemand.deploy(deploymentId);
    await server.whenState(deploymentId, 'failed');
    return deploymentId;
  };
  const failed = [
    await fail({ recorders: '3' }),
    await fail({ location: 'nyc' }),
    await fail({ location: 'ams', recorders: '4' }),
  ];
  const requests = await receiver.received(3);
  const bodies = requests.map(({ body }) => JSON.parse(String(body)));
  t.strictSame(
    bodies.sort((a, b) => failed.indexOf(a.deployment_id) - failed.indexOf(b.deployment_id)),
    failed.map((id) => ({ it: 'failed', message: 'recorders not available in specified location', deployment_id: id })),
  );
  t.equal(await server.balance(), 2000);
  t.strictSame(server.addresses, []);
  await server.deploy({ recorders: '1', duration: '1' });
  await fail({ apiKey: 'key-other', recorders: '2' });
  await server.deploy({ apiKey: 'key-other', location: 'ams', recorders: '2', duration: '1' });
  await fail({ location: 'ams', recorders: '1' });
  t.equal(await server.balance('other'), 1800);
});

await onBothEngines(t, 'an address that is in use is replaced, or the deployment fails', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  server.ports.busy.add('10.0.0.5:2222');
  const id = await server.deploy({ duration: '1' });
  t.strictSame(server.addresses, ['10.0.0.5:2223', '10.0.0.5:2224']);
  await server.whenTold();
  place.clock.advance(hours(1));
  await server.whenState(id, 'expired');
  server.ports.busy.add('10.0.0.5:2224');
  const { deploymentId } = await server.order();
  server.onDemand.deploy(deploymentId);
  await server.whenState(deploymentId, 'failed');
  t.strictSame(server.addresses, [], 'the one that was opened is closed');
  const bodies = (await place.receiver.received(2)).map(({ body }) => JSON.parse(String(body)).message);
  t.strictSame(bodies, ['deployment successful', 'recorders not available in specified location']);
  t.strictSame(
    server.slots.all.map(({ id: slotId }) => slotId),
    ['jibri'],
  );
  t.equal(await server.balance(), 1800);
  await server.deploy({ recorders: '1' });
  t.strictSame(server.addresses, ['10.0.0.5:2223']);
});

await onBothEngines(t, 'recorders that are not there within 60 s are given up', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  const gate = Promise.withResolvers<void>();
  server.ports.gate = gate.promise;
  const { deploymentId } = await server.order();
  server.onDemand.deploy(deploymentId);
  await server.whenState(deploymentId, 'deploying');
  await eventually('they are being opened', () => server.slots.all.length === 3);
  place.clock.advance(59_000);
  await eventually('they are given up', () => {
    place.clock.advance(1000);
    return server.slots.all.length === 1;
  });
  await server.whenState(deploymentId, 'failed');
  const [request] = await place.receiver.received(1);
  const failure = { it: 'failed', message: 'deployment failed', deployment_id: deploymentId };
  t.strictSame(JSON.parse(String(request?.body)), failure);
  t.equal(await server.balance(), 2000);
  gate.resolve();
  await server.deploy({ recorders: '3', duration: '1' });
  t.equal(server.addresses.length, 3, 'what was opened late is closed');
});

await onBothEngines(t, 'recorders ask for a token when that is wanted', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start({ JOD_RECORDER_AUTH: 'token' });
  await server.deploy();
  const [request] = await place.receiver.received(1);
  const { recorders } = JSON.parse(String(request?.body)).deployment_info;
  const tokens = recorders.map((recorder: { recorder_token: string }) => recorder.recorder_token);
  t.equal(new Set(tokens).size, 2);
  for (const token of tokens) t.match(token, /^[\w-]{32}$/);
  const held = [2222, 2223].map((port) => server.slotAt(port).customer?.token?.reveal());
  t.strictSame(held, tokens);
  await server.stop();
  const again = await place.start({ JOD_RECORDER_AUTH: 'none' });
  t.equal(again.slotAt(2222).customer?.token?.reveal(), tokens[0], 'what was told to the customer holds');
});

await onBothEngines(t, 'the database may be away at any step', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  const { database } = server;
  const transaction = database.transaction.bind(database);
  const { deploymentId } = await server.order({ duration: '1' });
  const failures = ['it is away', 'the connection was lost at the end'];
  database.transaction = async (run) => {
    const failure = failures.shift();
    if (failure === undefined) return await transaction(run);
    if (failures.length === 0) await transaction(run);
    throw new ShoalError('databaseUnavailable', failure);
  };
  server.onDemand.deploy(deploymentId);
  await eventually('it was tried until it was known to be written', () => {
    place.clock.advance(2000);
    return place.receiver.requests.length > 0;
  });
  t.strictSame(failures, []);
  t.equal((await server.deployment(deploymentId)).state, 'active');
  t.equal((await database.queries.selectFrom('ondemand_recorders').selectAll().execute()).length, 2, 'written once');
});

await onBothEngines(t, 'a deployment that meets an error is paid back, and leaves nothing open', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  const { slots } = server;
  const { add } = slots;
  let added = 0;
  slots.add = (...args) => {
    added += 1;
    if (added === 2) throw new Error('no second one');
    return add.apply(slots, args);
  };
  const { deploymentId } = await server.order();
  server.onDemand.deploy(deploymentId);
  const [request] = await place.receiver.received(1);
  t.match(JSON.parse(String(request?.body)), { message: 'deployment failed', deployment_id: deploymentId });
  t.match(await server.deployment(deploymentId), { state: 'failed' });
  t.equal(await server.balance(), 2000);
  t.strictSame(server.addresses, []);
  await server.deploy({ recorders: '3' });
  t.equal(server.addresses.length, 3, 'the addresses are free again');
});

t.test('nothing of a deployment stays in memory', async (t) => {
  const place = await OrderingPlace.open(t, await testEngine(t, 'SQLite'), acme);
  const server = await place.start();
  const id = await server.deploy();
  const slot = new WeakRef(server.slotAt(2222));
  place.clock.advance(hours(3));
  await server.whenState(id, 'expired');
  await eventually('its recorders are forgotten', () => {
    collectGarbage();
    return slot.deref() === undefined;
  });
});
