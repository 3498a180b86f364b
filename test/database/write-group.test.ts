import t from 'tap';
import type { Database } from '../../src/database/database.ts';
import type { Queries } from '../../src/database/tables.ts';
import { WriteGroup } from '../../src/database/write-group.ts';
import { onBothEngines } from './engines.ts';

const insert = (name: string) => async (queries: Queries) => {
  await queries.insertInto('ondemand_accounts').values({ name, balance: 1 }).execute();
};

async function namesOf({ queries }: Database): Promise<string[]> {
  const rows = await queries.selectFrom('ondemand_accounts').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

await onBothEngines(t, 'what comes together is one transaction', async (t, engine) => {
  const database = await engine.open();
  let transactions = 0;
  const transaction: Database['transaction'] = async (...options) => {
    transactions += 1;
    return await database.transaction(...options);
  };
  const group = new WriteGroup({ transaction } as Database);
  await Promise.all(['a', 'b', 'c'].map((name) => group.write(insert(name))));
  t.equal(transactions, 1);
  await group.write(insert('d'));
  t.equal(transactions, 2);
  t.strictSame(await namesOf(database), ['a', 'b', 'c', 'd']);
});

await onBothEngines(t, 'what cannot be written stops nothing else', async (t, engine) => {
  const database = await engine.open();
  const group = new WriteGroup(database);
  const results = await Promise.allSettled(['a', 'b', 'a', 'c'].map((name) => group.write(insert(name))));
  t.strictSame(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  await database.close();
  await t.rejects(Promise.all([group.write(insert('d')), group.write(insert('e'))]), /./);
  t.strictSame(await namesOf(await engine.open()), ['a', 'b', 'c']);
});
