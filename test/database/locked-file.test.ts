// Another process, such as the command that tops an account up, writes to the file of SQLite.
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { HeldClock } from '../clock/held-clock.ts';
import { testEngine } from './engines.ts';

const unavailable = { code: 'databaseUnavailable', message: 'The database is not available: it is locked' };

async function lockedFile(t: Pick<Test, 'teardown'>) {
  const engine = await testEngine(t, 'SQLite');
  const clock = new HeldClock();
  const database = await engine.open({ clock });
  const process = new DatabaseSync(engine.place.file);
  t.teardown(() => process.close());
  const insert = (name: string) =>
    database.queries.insertInto('ondemand_accounts').values({ name, balance: 1 }).execute();
  return { database, process, clock, insert };
}

t.test('it is waited for, and nothing else waits', async (t) => {
  const { database, process, clock, insert } = await lockedFile(t);
  process.exec('begin immediate');
  const inserted = insert('one');
  const transaction = database.transaction((queries) => queries.selectFrom('ondemand_accounts').selectAll().execute());
  await clock.whenPending(1);
  t.ok(process.isTransaction, 'this process goes on while the other one writes');
  process.exec('commit');
  clock.advance(10);
  await inserted;
  t.strictSame(await transaction, [{ name: 'one', balance: 1 }]);
  t.equal(clock.pending, 0);
});

t.test('after some seconds it is given up, by all who wait', async (t) => {
  const { database, process, clock, insert } = await lockedFile(t);
  process.exec('begin immediate');
  const results = Promise.allSettled([insert('one'), insert('two'), database.transaction(async () => 'three')]);
  for (let waited = 0; waited < 5000; waited += 10) {
    await clock.whenPending(1);
    clock.advance(10);
  }
  for (const result of await results) t.match(result, { status: 'rejected', reason: unavailable });
  await t.rejects(insert('four'), unavailable, 'who comes later does not wait as long once more');
  t.equal(await database.check(), 'it is locked');
  const rows = await database.queries.selectFrom('ondemand_accounts').selectAll().execute();
  t.strictSame(rows, [], 'reading goes on, and nothing was done');
  process.exec('rollback');
  await insert('five');
  clock.advance(1000);
  t.equal(await database.check(), undefined);
});

t.test('a file is brought up to date by one of two that open it', async (t) => {
  const engine = await testEngine(t, 'SQLite');
  const databases = await Promise.all([engine.open(), engine.open(), engine.open()]);
  const checks = await Promise.all(databases.map((database) => database.check()));
  t.strictSame(checks, [undefined, undefined, undefined], 'all can write');
});
