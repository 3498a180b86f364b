import { statSync } from 'node:fs';
import t from 'tap';
import type { Database } from '../../src/database/database.ts';
import { onBothEngines } from './engines.ts';

const account = (name: string, balance: number) => ({ name, balance });

async function balanceOf(database: Database, name: string): Promise<number | undefined> {
  const row = await database.queries
    .selectFrom('ondemand_accounts')
    .select('balance')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.balance;
}

/** Reads, thinks, and writes what it thought of: right only when nobody else does so at the same time. */
async function spend(database: Database, price: number): Promise<boolean> {
  return await database.transaction(async (transaction) => {
    const accounts = transaction.selectFrom('ondemand_accounts').select('balance').where('name', '=', 'acme');
    const { balance } = await accounts.executeTakeFirstOrThrow();
    if (balance < price) return false;
    const update = transaction.updateTable('ondemand_accounts').where('name', '=', 'acme');
    await update.set({ balance: balance - price }).execute();
    return true;
  });
}

await onBothEngines(t, 'rows are the same, and numbers are numbers', async (t, engine) => {
  const { queries } = await engine.open();
  const most = Number.MAX_SAFE_INTEGER;
  await queries
    .insertInto('ondemand_accounts')
    .values([account('acme', most - 1), account('Ümläut 🎥', 1)])
    .execute();
  const rows = await queries.selectFrom('ondemand_accounts').selectAll().orderBy('balance').execute();
  t.strictSame(rows, [account('Ümläut 🎥', 1), account('acme', most - 1)]);
  const sums = queries
    .selectFrom('ondemand_accounts')
    .select(({ fn }) => [fn.sum<number>('balance').as('sum'), fn.countAll<number>().as('count')]);
  t.strictSame(await sums.executeTakeFirst(), { sum: most, count: 2 });
  const update = queries.updateTable('ondemand_accounts').set({ balance: 5 }).where('name', '=', 'acme');
  t.equal((await update.executeTakeFirst()).numUpdatedRows, 1n);
  t.strictSame(await update.returning('balance').execute(), [{ balance: 5 }]);
});

await onBothEngines(t, 'texts are values, whatever is in them', async (t, engine) => {
  const { queries } = await engine.open();
  const hostile = `'; drop table ondemand_accounts; -- $1 ? :a \\ "`;
  await queries.insertInto('ondemand_accounts').values(account(hostile, 1)).execute();
  const rows = await queries.selectFrom('ondemand_accounts').select('name').where('name', '=', hostile).execute();
  t.strictSame(rows, [{ name: hostile }]);
});

await onBothEngines(t, 'a transaction is done all or not at all', async (t, engine) => {
  const database = await engine.open();
  const failure = new Error('no');
  const half = database.transaction(async (transaction) => {
    await transaction.insertInto('ondemand_accounts').values(account('half', 1)).execute();
    throw failure;
  });
  await t.rejects(half, failure);
  const wrong = database.transaction(async (transaction) => {
    await transaction.insertInto('ondemand_accounts').values(account('half', 1)).execute();
    await transaction.insertInto('ondemand_accounts').values(account('half', 2)).execute();
  });
  await t.rejects(
    wrong,
    { code: engine.name === 'SQLite' ? 'ERR_SQLITE_ERROR' : '23505' },
    'our own mistake stays as it is',
  );
  t.equal(await balanceOf(database, 'half'), undefined);
  await database.transaction((transaction) =>
    transaction.insertInto('ondemand_accounts').values(account('whole', 1)).execute(),
  );
  t.equal(await balanceOf(database, 'whole'), 1);
});

await onBothEngines(
  t,
  'a statement beside its own transaction is an error, and waits for nothing',
  async (t, engine) => {
    const database = await engine.open();
    const read = () => balanceOf(database, 'acme');
    const open = Promise.withResolvers<void>();
    let later: Promise<unknown> = Promise.resolve();
    const beside = /a statement beside the transaction/;
    await t.rejects(
      database.transaction(() => read()),
      beside,
    );
    await t.rejects(
      database.transaction(() => database.transaction(() => Promise.resolve())),
      beside,
    );
    const inserting = database.transaction(async (transaction) => {
      await transaction.insertInto('ondemand_accounts').values(account('acme', 1)).execute();
      await t.rejects(read(), beside);
      later = open.promise.then(read);
    });
    const others = read();
    await inserting;
    open.resolve();
    t.equal(await later, 1, 'what was begun inside may go on after it');
    await t.resolves(others, 'others are not concerned');
  },
);

await onBothEngines(t, 'a row that others need is not removed', async (t, engine) => {
  const { queries } = await engine.open();
  const recorder = { id: 'r', deployment_id: 'nobody', position: 0, ip: '127.0.0.1', port: 1, token: null };
  await t.rejects(queries.insertInto('ondemand_recorders').values(recorder).execute(), /foreign key/i);
});

await onBothEngines(t, 'parallel transactions of two servers spend no more than there is', async (t, engine) => {
  const one = await engine.open();
  const other = await engine.open();
  await one.queries.insertInto('ondemand_accounts').values(account('acme', 1000)).execute();
  const attempts = Array.from({ length: 60 }, (_, index) => spend(index % 2 ? one : other, 30));
  const spent = (await Promise.all(attempts)).filter(Boolean).length;
  t.equal(spent, 33);
  t.equal(await balanceOf(other, 'acme'), 10);
});

await onBothEngines(t, 'parallel transactions that look for a row and add it add one', async (t, engine) => {
  const one = await engine.open();
  const other = await engine.open();
  const open = (database: Database) =>
    database.transaction(async (transaction) => {
      const accounts = transaction.selectFrom('ondemand_accounts').select('name').where('name', '=', 'acme');
      if ((await accounts.execute()).length > 0) return 0;
      await transaction.insertInto('ondemand_accounts').values(account('acme', 5)).execute();
      return 1;
    });
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => open(index % 2 ? one : other)));
  t.equal(results.filter(Boolean).length, 1);
});

await onBothEngines(t, 'what was written is there after the next start', async (t, engine) => {
  const database = await engine.open();
  await database.queries.insertInto('ondemand_accounts').values(account('acme', 7)).execute();
  await database.close();
  await database.close();
  t.equal(await balanceOf(await engine.open(), 'acme'), 7);
});

await onBothEngines(t, 'ids are not given twice', async (t, engine) => {
  const { queries } = await engine.open();
  const add = async (id: string) => {
    const row = { id, topic: 'mail', key: 'k', body: '{}', due_at: 0, created_at: 0 };
    return (await queries.insertInto('outbox').values(row).returning('position').executeTakeFirstOrThrow()).position;
  };
  const first = await add('a');
  const second = await add('b');
  await queries.deleteFrom('outbox').where('position', '=', second).execute();
  t.strictSame([first, second, await add('c')], [1, 2, 3]);
});

await onBothEngines(t, 'a database that works says so', async (t, engine) => {
  const database = await engine.open();
  t.equal(await database.check(), undefined);
});

await onBothEngines(t, 'the file is nobody else’s', async (t, engine) => {
  const database = await engine.open();
  await database.queries.insertInto('ondemand_accounts').values(account('acme', 7)).execute();
  if (engine.name === 'PostgreSQL') return;
  const modes = ['', '-wal', '-shm'].map((end) => statSync(engine.place.file + end).mode & 0o777);
  t.strictSame(modes, [0o600, 0o600, 0o600]);
});
