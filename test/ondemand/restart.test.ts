import t from 'tap';
import { onBothEngines, testEngine } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { OrderingPlace, SessionDouble } from './ordering-server.ts';

const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 1 };
const hours = (count: number) => count * 3_600_000;

await onBothEngines(t, 'an accepted order goes on by itself', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const before = await place.start();
  const { deploymentId } = await before.order();
  await before.stop();
  before.onDemand.deploy(deploymentId);
  const after = await place.start();
  const [request] = await place.receiver.received(1);
  t.equal(JSON.parse(String(request?.body)).it, 'worked');
  t.equal((await after.deployment(deploymentId)).state, 'active');
  t.equal(await after.balance(), 1400, 'it was charged once');
});

await onBothEngines(t, 'what was deploying has failed, and is paid back once', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const before = await place.start();
  before.ports.gate = Promise.withResolvers<void>().promise;
  const { deploymentId } = await before.order();
  before.onDemand.deploy(deploymentId);
  await before.whenState(deploymentId, 'deploying');
  await before.stop();
  const after = await place.start();
  const [request] = await place.receiver.received(1);
  const failure = { it: 'failed', message: 'deployment failed', deployment_id: deploymentId };
  t.strictSame(JSON.parse(String(request?.body)), failure);
  t.equal((await after.deployment(deploymentId)).state, 'failed');
  await after.whenTold();
  await after.stop();
  const later = await place.start();
  t.equal(await later.balance(), 2000);
  t.strictSame(later.addresses, []);
  t.equal(place.receiver.requests.length, 1);
});

await onBothEngines(t, 'active recorders are there again until the same moment', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme, { name: 'other' });
  const { clock, receiver } = place;
  const before = await place.start();
  await before.deploy({ apiKey: 'key-other', recorders: '1', duration: '1' });
  const id = await before.deploy();
  const { slots } = before;
  const ids = [2223, 2224].map((port) => before.slotAt(port).id);
  await before.whenTold();
  clock.advance(hours(1));
  await before.stop();
  t.strictSame(before.addresses, [], 'the ports were closed');
  t.equal((await slots.all).length, 3);
  clock.advance(hours(1));
  // Other accounts, and other addresses: what was ordered holds.
  await place.writeAccounts({ name: 'other' });
  const after = await place.start({ JOD_RECORDER_ADDRESSES: '10.0.0.5:2222,10.0.0.5:2223', JOD_LOCATIONS: 'ams' });
  t.strictSame(after.addresses, ['10.0.0.5:2223', '10.0.0.5:2224']);
  t.strictSame(
    [2223, 2224].map((port) => after.slotAt(port).id),
    ids,
  );
  t.match(after.slotAt(2223).customer, { domain: 'meet.example', roomPrefix: 'acme-' });
  await after.deploy({ apiKey: 'key-other', location: 'ams', recorders: '1', duration: '10' });
  t.strictSame(after.addresses, ['10.0.0.5:2222', '10.0.0.5:2223', '10.0.0.5:2224']);
  await after.whenTold();
  clock.advance(hours(1) - 1);
  t.equal((await after.deployment(id)).state, 'active');
  clock.advance(1);
  await after.whenState(id, 'expired');
  t.strictSame(after.addresses, ['10.0.0.5:2222']);
  t.equal(receiver.requests.length, 3, 'nobody is told twice');
});

await onBothEngines(t, 'what ended while the server was stopped, or was draining, has expired', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const before = await place.start();
  const draining = await before.deploy({ recorders: '1', duration: '1' });
  const session = new SessionDouble(before.slotAt(2222));
  const active = await before.deploy({ recorders: '1', duration: '2' });
  place.clock.advance(hours(1));
  await before.whenState(draining, 'draining');
  // A process that is killed writes nothing more.
  await before.database.close();
  session.end();
  await before.stop();
  place.clock.advance(hours(1));
  const after = await place.start();
  t.strictSame(after.addresses, []);
  for (const id of [draining, active]) await after.whenState(id, 'expired');
  await after.deploy({ recorders: '3', duration: '1' });
});

await onBothEngines(
  t,
  'a port that is in use at the restart is tried again, the others are there',
  async (t, engine) => {
    const place = await OrderingPlace.open(t, engine, acme);
    const before = await place.start();
    const id = await before.deploy();
    await before.stop();
    const after = await place.start({}, false);
    after.ports.busy.add('10.0.0.5:2222');
    await after.start();
    t.strictSame(after.addresses, ['10.0.0.5:2223']);
    place.clock.advance(5000);
    t.strictSame(after.addresses, ['10.0.0.5:2223']);
    after.ports.busy.clear();
    await eventually('the other is there, too', () => {
      place.clock.advance(5000);
      return after.addresses.length === 2;
    });
    after.onDemand.deploy('unknown');
    place.clock.advance(hours(3));
    await after.whenState(id, 'expired');
    t.strictSame(after.addresses, []);
  },
);

await onBothEngines(
  t,
  'callbacks that were not delivered are sent after the restart, with the same bytes',
  async (t, engine) => {
    const place = await OrderingPlace.open(t, engine, acme);
    const { receiver } = place;
    receiver.script.push((response) => response.writeHead(500).end());
    const before = await place.start();
    await before.deploy();
    await receiver.received(1);
    await before.stop();
    place.clock.advance(1000);
    await place.start();
    const [first, second] = await receiver.received(2);
    t.strictSame(second?.body, first?.body);
  },
);

t.test('servers that share a database leave the recorders of others alone', async (t) => {
  const engine = await testEngine(t, 'PostgreSQL');
  const place = await OrderingPlace.open(t, engine, acme);
  const first = await place.start();
  const id = await first.deploy();
  const folder = t.testdir();
  const second = await place.start({ FJ_RESOURCES_BASE_PATH: folder });
  t.strictSame(second.addresses, []);
  await second.deploy({ recorders: '3', duration: '1' });
  t.equal(second.addresses.length, 3, 'its addresses are its own');
  place.clock.advance(hours(1));
  await eventually('its own have expired', () => second.addresses.length === 0);
  t.equal(first.addresses.length, 2);
  await first.stop();
  const again = await place.start();
  t.equal(again.addresses.length, 2, 'it knows its own by the folder');
  t.equal((await again.deployment(id)).state, 'active');
});
