import { sql } from 'kysely';
import t from 'tap';
import { HeldClock } from '../clock/held-clock.ts';
import { onBothEngines, testEngine } from './engines.ts';

await onBothEngines(t, 'it writes at most once a second, however often somebody asks', async (t, engine) => {
  const clock = new HeldClock();
  const database = await engine.open({ clock });
  await sql`create table probes (version integer)`.execute(database.queries);
  if (engine.name === 'SQLite') {
    const record = sql`create trigger record after update on schema_version begin insert into probes values (1); end`;
    await record.execute(database.queries);
  } else {
    await sql`create rule record as on update to schema_version do also insert into probes values (1)`.execute(
      database.queries,
    );
  }
  const count = async () => (await sql`select * from probes`.execute(database.queries)).rows.length;
  const ask = () => Promise.all(Array.from({ length: 100 }, () => database.check()));
  t.strictSame(new Set(await ask()), new Set([undefined]));
  clock.advance(999);
  await ask();
  t.equal(await count(), 1);
  clock.advance(1);
  await ask();
  t.equal(await count(), 2);
});

t.test('a database that says nothing is late, and is not asked by more and more statements', async (t) => {
  const clock = new HeldClock();
  const database = await (await testEngine(t, 'SQLite')).open({ clock });
  const busy = Promise.withResolvers<void>();
  const transaction = database.transaction(() => busy.promise);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const check = database.check();
    await clock.whenPending(1);
    clock.advance(3000);
    t.equal(await check, 'it did not respond in time');
  }
  busy.resolve();
  await transaction;
  clock.advance(1000);
  t.equal(await database.check(), undefined);
  t.equal(clock.pending, 0);
});
