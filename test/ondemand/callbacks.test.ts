import { createHmac } from 'node:crypto';
import t from 'tap';
import { onBothEngines } from '../database/engines.ts';
import { eventually } from '../eventually.ts';
import { OrderingPlace, type OrderingServer } from './ordering-server.ts';

const acme = { name: 'acme', balance: 20, pricePerRecorderHour: 1 };

/** Whether a callback waits for its next attempt. */
async function isPostponed({ database }: OrderingServer, attempts: number): Promise<boolean> {
  const query = database.queries.selectFrom('outbox').select('id').where('attempts', '=', attempts);
  return (await query.where('claimed_until', 'is', null).execute()).length === 1;
}

/** Lets the time until the next attempt pass. @param attempts that there were @returns attempts shortly before it */
async function nextAttempt(place: OrderingPlace, server: OrderingServer, attempts: number, delay: number) {
  const { clock, receiver } = place;
  await eventually('it waits', () => isPostponed(server, attempts));
  clock.advance(delay - 1);
  const early = receiver.requests.length;
  clock.advance(1);
  await eventually('the next attempt', async () => {
    if (receiver.requests.length > attempts) return true;
    // It may have looked for what is due just before.
    if (await isPostponed(server, attempts)) clock.advance(1000);
    return false;
  });
  return early;
}

await onBothEngines(
  t,
  'a receiver that responds with 500, then redirects, gets the same bytes again',
  async (t, engine) => {
    const place = await OrderingPlace.open(t, engine, { ...acme, callbackSecret: 'geheim' });
    const { receiver } = place;
    receiver.script.push(
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(302, { location: receiver.url }).end(),
      (response) => response.writeHead(204).end(),
    );
    const server = await place.start();
    await server.deploy();
    for (const [attempts, delay] of [
      [1, 1000],
      [2, 5000],
    ] as const) {
      t.equal(await nextAttempt(place, server, attempts, delay), attempts);
    }
    await server.whenTold();
    const [first, ...others] = receiver.requests;
    const signature = `sha256=${createHmac('sha256', 'geheim')
      .update(first?.body ?? '')
      .digest('hex')}`;
    t.equal(first?.headers['x-jod-signature'], signature);
    t.equal(others.length, 2);
    for (const { body, headers } of others) {
      t.strictSame(body, first?.body);
      t.equal(headers['x-jod-signature'], signature);
    }
  },
);

await onBothEngines(t, 'six attempts, and the deployment does not depend on them', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const { receiver } = place;
  for (let count = 0; count < 6; count += 1) receiver.script.push((response) => response.destroy());
  const server = await place.start();
  const id = await server.deploy();
  for (const [index, delay] of [1000, 5000, 25_000, 60_000, 300_000].entries()) {
    t.equal(await nextAttempt(place, server, index + 1, delay), index + 1);
  }
  const query = server.database.queries.selectFrom('outbox').selectAll().where('failed_at', 'is not', null);
  await eventually('it is given up', async () => (await query.execute()).length === 1);
  t.equal((await server.deployment(id)).state, 'active');
  t.equal(receiver.requests.length, 6);
  t.equal(receiver.requests[0]?.headers['x-jod-signature'], undefined, 'without a secret');
});

await onBothEngines(
  t,
  'a receiver that says nothing for 10 s is asked again, and delays nobody else',
  async (t, engine) => {
    const place = await OrderingPlace.open(t, engine, acme);
    const { receiver, clock } = place;
    receiver.script.push(() => undefined);
    const server = await place.start();
    const silent = await server.deploy({ recorders: '1' });
    await receiver.received(1);
    const other = await server.deploy({ recorders: '1' });
    await receiver.received(2);
    await eventually('the other was delivered', async () => (await messages(server)) === 1);
    clock.advance(10_000);
    await eventually('it was sent again', async () => {
      if (await isPostponed(server, 1)) clock.advance(1000);
      return receiver.requests.length === 3;
    });
    const { requests } = receiver;
    const ids = requests.map(({ body }) => JSON.parse(String(body)).deployment_info.deployment_id);
    t.strictSame(ids, [silent, other, silent]);
    await server.whenTold();
  },
);

await onBothEngines(t, 'the address is checked when the callback is sent, too', async (t, engine) => {
  const place = await OrderingPlace.open(t, engine, acme);
  const before = await place.start({}, true);
  const { deploymentId } = await before.order();
  await before.stop();
  // The name leads elsewhere by now, or the operator has decided otherwise.
  const after = await place.start({ JOD_BLOCK_PRIVATE_CALLBACKS: 'true' });
  await after.whenState(deploymentId, 'active');
  await eventually('it waits', () => isPostponed(after, 1));
  t.equal(place.receiver.requests.length, 0);
});

async function messages({ database }: OrderingServer): Promise<number> {
  return (await database.queries.selectFrom('outbox').select('id').execute()).length;
}
