// PostgreSQL goes away and comes back while Shoal runs.
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { Database } from '../../src/database/database.ts';
import { Outbox } from '../../src/database/outbox.ts';
import { createLogger } from '../../src/log/logger.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import type { LogLine } from '../log/log-line.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { PortBlock } from '../port-block.ts';
import { Postgres } from './postgres.ts';

const port = (await PortBlock.claim(t)).min;
const postgres = await Postgres.start(t, { port });

const insert = (database: Database, name: string) =>
  database.queries.insertInto('ondemand_accounts').values({ name, balance: 1 }).execute();

const namesIn = async (database: Database) => {
  const accounts = database.queries.selectFrom('ondemand_accounts').select('name').orderBy('name');
  return (await accounts.execute()).map(({ name }) => name);
};

const unavailable = (reason: string) => ({
  code: 'databaseUnavailable',
  status: 503,
  message: `The database is not available: ${reason}`,
});

/** @param settings of the connections, in place of the usual ones */
async function openDatabase(t: Pick<Test, 'teardown'>, settings = '') {
  const log: LogLine[] = [];
  const level = { level: 'info', structured: true } as const;
  const logger = createLogger(level, { write: (line) => log.push(JSON.parse(line)) });
  const plain = await postgres.createDatabase();
  // The settings are not for what makes the tables.
  await (await Database.open({ url: new Secret(plain), file: '', logger })).close();
  const database = await Database.open({ url: new Secret(plain + settings), file: '', logger });
  t.teardown(() => database.close());
  return { database, log };
}

t.test('it is stopped and started while statements run', async (t) => {
  const { database, log } = await openDatabase(t);
  await insert(database, 'before');
  const half = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const transaction = database.transaction(async (queries) => {
    await queries.insertInto('ondemand_accounts').values({ name: 'half', balance: 1 }).execute();
    half.resolve();
    await go.promise;
    await queries.insertInto('ondemand_accounts').values({ name: 'other half', balance: 1 }).execute();
  });
  await half.promise;
  await postgres.kill('SIGINT');
  go.resolve();
  await t.rejects(transaction, unavailable('it cannot be reached'));
  const results = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => insert(database, `away ${index}`)));
  const either = { code: 'databaseUnavailable', message: /: it (cannot be reached|is starting or stopping)$/ };
  for (const result of results) t.match(result, { status: 'rejected', reason: either });
  t.equal(await database.check(), 'it cannot be reached');
  await postgres.start();
  await insert(database, 'after');
  t.strictSame(await namesIn(database), ['after', 'before']);
  const said = log.map(({ message }) => message);
  t.strictSame(said, ['The database is not available.', 'The database is available again.'], 'once each');
});

t.test('it is stopped and started while messages are delivered', async (t) => {
  const { database } = await openDatabase(t);
  const clock = new HeldClock(1_000_000);
  const signals: AbortSignal[] = [];
  const results: PromiseWithResolvers<void>[] = [];
  const deliver = async (_message: unknown, signal: AbortSignal) => {
    const result = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => result.reject(signal.reason));
    signals.push(signal);
    results.push(result);
    await result.promise;
  };
  const shared = { database, clock, logger: silentLogger, deliver };
  const outbox = new Outbox({ ...shared, topic: 'callback', delays: [], concurrency: 2 });
  t.teardown(() => outbox.close());
  await database.transaction((queries) =>
    outbox.addAll(
      queries,
      ['a', 'b'].map((key) => ({ key, body: '' })),
    ),
  );
  outbox.wake();
  await eventually('both are being delivered', () => results.length === 2);
  await postgres.kill('SIGINT');
  results[0]?.resolve();
  // The other one is nobody's any more before another server may take it.
  clock.advance(12_000);
  t.strictSame(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  await postgres.start();
  const rows = () => database.queries.selectFrom('outbox').selectAll().execute();
  await eventually('what was delivered is gone, the other one is tried again', async () => {
    clock.advance(1000);
    return (await rows()).length === 1 && results.length === 3;
  });
  results[2]?.resolve();
  await eventually('empty', async () => (await rows()).length === 0);
  t.equal(results.length, 3);
});

t.test('a connection that nobody uses is lost', async (t) => {
  const { database } = await openDatabase(t);
  await Promise.all(['a', 'b', 'c'].map((name) => insert(database, name)));
  const others = 'from pg_stat_activity where pid <> pg_backend_pid() and application_name = $$shoal$$';
  await postgres.run(`select pg_terminate_backend(pid) ${others}`);
  // Some find out only now that their connection is gone.
  await Promise.allSettled(['d', 'e', 'f'].map((name) => insert(database, name)));
  await insert(database, 'g');
  t.match(await namesIn(database), ['a', 'b', 'c']);
});

t.test('a statement takes too long', async (t) => {
  const { database } = await openDatabase(t, '?statement_timeout=1000');
  const blocked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await insert(database, 'a');
  const update = database.queries.updateTable('ondemand_accounts').set({ balance: 2 });
  const blocker = database.transaction(async (queries) => {
    await queries.updateTable('ondemand_accounts').set({ balance: 3 }).execute();
    blocked.resolve();
    await release.promise;
  });
  await blocked.promise;
  await t.rejects(update.execute(), unavailable('it did not respond in time'));
  release.resolve();
  await blocker;
  await update.execute();
});

t.test('the server says nothing any more', async (t) => {
  const { database } = await openDatabase(t, '?query_timeout=2000');
  await insert(database, 'a');
  const [backend] = (await postgres.run(
    "select pid from pg_stat_activity where application_name = 'shoal' and state = 'idle'",
  )) as { pid: number }[];
  const pid = backend?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await t.rejects(insert(database, 'b'), unavailable('it did not respond in time'));
  await insert(database, 'c');
  t.strictSame(await namesIn(database), ['a', 'c'], 'by another connection');
  process.kill(pid, 'SIGCONT');
});

t.test('it takes no more connections', async (t) => {
  const { database } = await openDatabase(t);
  await insert(database, 'a');
  await postgres.run('alter user shoal nosuperuser connection limit 0');
  const connecting = Promise.allSettled(Array.from({ length: 5 }, (_, index) => insert(database, `b${index}`)));
  const refused = (await connecting).filter(({ status }) => status === 'rejected');
  t.ok(refused.length > 0);
  for (const result of refused) t.match(result, { reason: unavailable('it has too many connections') });
});
