import t from 'tap';
import { Outbox, type OutboxMessage, type OutboxOptions } from '../../src/database/outbox.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { onBothEngines, silentLogger } from './engines.ts';

const shared = {
  topic: 'mail',
  delays: [1000, 5000],
  concurrency: 4,
  logger: silentLogger,
} satisfies Partial<OutboxOptions>;

await onBothEngines(t, 'a message is delivered and gone', async (t, engine) => {
  const database = await engine.open();
  const clock = new HeldClock(1_000_000);
  const delivered: OutboxMessage[] = [];
  const outbox = new Outbox({ ...shared, database, clock, deliver: async (message) => void delivered.push(message) });
  t.teardown(() => outbox.close());
  const id = await database.transaction((transaction) => outbox.add(transaction, 'k', { a: 'ü' }));
  outbox.wake();
  await eventually(
    'delivered',
    async () => (await database.queries.selectFrom('outbox').selectAll().execute()).length === 0,
  );
  t.strictSame(delivered, [{ id, key: 'k', body: { a: 'ü' }, attempts: 0 }]);
});
