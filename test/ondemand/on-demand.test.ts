import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { OrderError, type OrderFields, type OrderRefusal } from '../../src/ondemand/order.ts';
import { onBothEngines } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { OrderingPlace, type OrderingServer } from './ordering-server.ts';

async function refusalOf(server: OrderingServer, change: Partial<OrderFields>): Promise<OrderRefusal | undefined> {
  return await server.order(change).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof OrderError) return error.refusal;
      throw error;
    },
  );
}

async function deploymentsOf({ database }: OrderingServer): Promise<number> {
  return (await database.queries.selectFrom('ondemand_deployments').selectAll().execute()).length;
}

await onBothEngines(t, 'orders are charged, and refused in the order of docs/contracts/jod.md 2', async (t, engine) => {
  const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 0.2 };
  const place = await OrderingPlace.open(t, engine, acme, { name: 'free' });
  const server = await place.start({}, false);
  t.strictSame(await refusalOf(server, { apiKey: 'x' }), { reason: 'unavailable', retryAfter: 60 }, 'not started');
  await server.start();

  const order = await server.order({ recorders: '32', duration: '1' });
  t.match(order.deploymentId, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  t.equal(order.balance, 1360);
  t.match(await server.deployment(order.deploymentId), {
    ...{ account: 'acme', domain: 'meet.example', recorders: 32, hours: 1, location: 'fra', price: 640 },
    ...{ state: 'accepted', expires_at: null, ordered_at: place.clock.now(), room_prefix: 'acme-', tenant: null },
  });

  const everythingWrong = { domain: 'other.example', recorders: '101', callback_url: 'http://169.254.169.254/' };
  t.strictSame(await refusalOf(server, { ...everythingWrong, apiKey: undefined }), { reason: 'unknownKey' });
  t.strictSame(await refusalOf(server, { ...everythingWrong, apiKey: '' }), { reason: 'unknownKey' });
  t.strictSame(await refusalOf(server, { ...everythingWrong, apiKey: 'key-acme ' }), { reason: 'unknownKey' });
  t.strictSame(await refusalOf(server, everythingWrong), { reason: 'invalid', field: 'recorders' });
  const forbidden = { ...everythingWrong, recorders: '100' };
  t.strictSame(await refusalOf(server, forbidden), { reason: 'invalid', field: 'callback_url' });
  const expensive = { recorders: '100', duration: '1' };
  t.strictSame(await refusalOf(server, { ...expensive, domain: 'other.example' }), { reason: 'incompleteDomain' });
  t.strictSame(await refusalOf(server, { ...expensive, domain: 'unfinished.example' }), { reason: 'incompleteDomain' });
  t.strictSame(await refusalOf(server, expensive), { reason: 'balance', balance: 1360 });
  t.equal(await deploymentsOf(server), 1, 'what is refused is not there');
  t.equal(await server.balance(), 1360, 'and costs nothing');

  t.equal((await server.order({ recorders: '68', duration: '1' })).balance, 0, 'the whole balance may be used');
  t.equal((await server.order({ apiKey: 'key-free', ...expensive })).balance, 0, 'no price, no balance');
});

await onBothEngines(t, 'parallel orders cannot overdraw a balance, from several servers neither', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, { name: 'acme', balance: 5, pricePerRecorderHour: 1 });
  const servers = [await place.start(), await place.start()];
  const orders = Array.from({ length: 20 }, (_, index) => {
    return refusalOf(servers[index % 2] as OrderingServer, { recorders: '1', duration: '1' });
  });
  const refusals = (await Promise.all(orders)).filter((refusal) => refusal !== undefined);
  t.equal(refusals.length, 15);
  t.strictSame(new Set(refusals.map(({ reason }) => reason)), new Set(['balance']));
  const [server] = servers as [OrderingServer];
  t.equal(await server.balance(), 0);
  t.equal(await deploymentsOf(server), 5);
});

await onBothEngines(t, 'the file changes keys and adds accounts, but no balances', async (t, engine) => {
  const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 1 };
  const place = await OrderingPlace.open(t, engine, acme);
  const server = await place.start();
  await server.order({ recorders: '1', duration: '1' });
  await place.writeAccounts({ ...acme, balance: 500, apiKey: 'new' }, { ...acme, name: 'late', balance: 3 });
  await eventually('the file was read', async () => (await server.balance('late')) === 300);
  t.strictSame(await refusalOf(server, {}), { reason: 'unknownKey' });
  t.equal((await server.order({ apiKey: 'new', recorders: '1', duration: '1' })).balance, 1800);
  await place.writeAccounts({ ...acme, name: 'late' });
  const isUnknown = async () => (await refusalOf(server, { apiKey: 'new', domain: '' }))?.reason === 'unknownKey';
  await eventually('the file was read', isUnknown);
  t.equal(await server.balance(), 1800, 'an account that is removed keeps its balance');
});

await onBothEngines(t, 'maintenance, and too many orders', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, { name: 'acme' }, { name: 'other' });
  const maintained = await place.start({ JOD_MAINTENANCE: 'true' });
  t.strictSame(await refusalOf(maintained, { apiKey: 'x' }), { reason: 'unavailable', retryAfter: 60 });
  await maintained.stop();
  const server = await place.start({ JOD_ORDERS_PER_MINUTE: '1' });
  await server.order();
  t.strictSame(await refusalOf(server, { domain: '' }), { reason: 'unavailable', retryAfter: 60 });
  t.strictSame(await refusalOf(server, { apiKey: 'x' }), { reason: 'unknownKey' });
  await server.order({ apiKey: 'key-other' });
  place.clock.advance(60_000);
  await server.order();
  await server.stop();
  t.strictSame(await refusalOf(server, {}), { reason: 'unavailable', retryAfter: 60 }, 'it is stopping');
});

await onBothEngines(t, 'callbacks to forbidden addresses are refused', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, { name: 'acme' });
  const open = await place.start();
  const refusal = { reason: 'invalid', field: 'callback_url' };
  const always = [
    '169.254.169.254',
    '[fe80::1]',
    '[::ffff:169.254.1.1]',
    '224.0.0.1',
    '[ff02::1]',
    '0.0.0.0',
    '[::]',
    '0',
  ];
  for (const host of always) t.strictSame(await refusalOf(open, { callback_url: `http://${host}/` }), refusal, host);
  const local = ['127.0.0.1', 'localhost', '[::1]', '10.1.2.3', '172.16.0.1', '192.168.1.1', '[fd00::1]', '0x7f.1'];
  for (const host of local) t.equal(await refusalOf(open, { callback_url: `http://${host}/` }), undefined, host);
  const unresolved = 'http://no-such-host.invalid/';
  t.equal(await refusalOf(open, { callback_url: unresolved }), undefined, 'a host without an address is permitted');
  await open.stop();
  const closed = await place.start({ JOD_BLOCK_PRIVATE_CALLBACKS: 'true' });
  for (const host of local) t.strictSame(await refusalOf(closed, { callback_url: `http://${host}/` }), refusal, host);
  t.equal(await refusalOf(closed, { callback_url: 'http://192.0.2.1/' }), undefined);
});

await onBothEngines(t, 'an order that the database does not take is refused, and costs nothing', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, { name: 'acme', balance: 9, pricePerRecorderHour: 1 });
  const server = await place.start();
  const other = await engine.open();
  await other.queries.schema.alterTable('ondemand_deployments').renameTo('away').execute();
  await t.rejects(server.order({ recorders: '1' }), 'an unexpected error');
  await other.queries.schema.alterTable('away').renameTo('ondemand_deployments').execute();
  t.equal(await server.balance(), 900);
  const unavailable = { reason: 'unavailable', retryAfter: 10 };
  const { database } = server;
  const transaction = database.transaction.bind(database);
  database.transaction = () => Promise.reject(new ShoalError('databaseUnavailable', 'it is away'));
  t.strictSame(await refusalOf(server, { recorders: '1' }), unavailable);
  database.transaction = async (run) => {
    await transaction(run);
    throw new ShoalError('databaseUnavailable', 'the connection was lost at the end');
  };
  t.strictSame(await refusalOf(server, { recorders: '1' }), unavailable);
  t.equal(await server.balance(), 600, 'it was charged before the connection was lost');
  database.transaction = transaction;
  place.clock.advance(2000);
  await eventually('it was taken back', async () => (await server.balance()) === 900);
  t.equal(await deploymentsOf(server), 0);
});
