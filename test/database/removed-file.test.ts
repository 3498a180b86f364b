import { renameSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { HeldClock } from '../clock/held-clock.ts';
import { testEngine } from './engines.ts';

const reason = 'its file was removed or replaced';
const removed = { code: 'databaseUnavailable', message: `The database is not available: ${reason}` };

t.test('what would be lost with a removed file is not answered', async (t) => {
  const { place, open } = await testEngine(t, 'SQLite');
  const clock = new HeldClock();
  const database = await open({ clock });
  const accounts = database.queries.insertInto('ondemand_accounts');
  const insert = (name: string) => accounts.values({ name, balance: 1 }).returning('name').execute();
  await insert('one');
  renameSync(place.file, `${place.file}.old`);
  await t.rejects(insert('two'), removed);
  await t.rejects(
    database.transaction(async () => undefined),
    removed,
  );
  t.equal(await database.check(), reason);
  writeFileSync(place.file, 'another one');
  await t.rejects(insert('three'), removed);
  rmSync(place.file);
  renameSync(`${place.file}.old`, place.file);
  await insert('four');
  clock.advance(1000);
  t.equal(await database.check(), undefined);
  const names = await database.queries.selectFrom('ondemand_accounts').select('name').orderBy('name').execute();
  t.strictSame(names, [{ name: 'four' }, { name: 'one' }]);
});
