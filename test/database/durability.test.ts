// What was answered is there, whatever is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { Database } from '../../src/database/database.ts';
import { eventually } from '../eventually.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { testEngine } from './engines.ts';
import { Postgres } from './postgres.ts';

/** Pairs that are written before something is killed. */
const enough = 30;

interface Writer {
  readonly process: ChildProcess;
  readonly answered: number[];
  readonly ended: Promise<unknown>;
}

/** A process that has written many pairs, and goes on. */
async function startWriter(t: Pick<Test, 'teardown'>, place: readonly string[]): Promise<Writer> {
  const program = join(import.meta.dirname, 'writing-process.ts');
  const process = spawn(globalThis.process.execPath, [program, ...place], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(process, 'close');
  t.teardown(async () => {
    process.kill('SIGKILL');
    await ended;
  });
  const answered: number[] = [];
  const many = Promise.withResolvers<void>();
  void ended.then(() => many.resolve());
  createInterface({ input: process.stdout }).on('line', (line) => {
    answered.push(Number(line));
    if (answered.length >= enough) many.resolve();
  });
  await many.promise;
  return { process, answered, ended };
}

async function checkPairs(t: Test, database: Database, answered: readonly number[]): Promise<void> {
  const rows = await database.queries.selectFrom('ondemand_accounts').select(['name', 'balance']).execute();
  const halves = Map.groupBy(rows, ({ balance }) => balance);
  t.ok(answered.length >= enough, `${answered.length} pairs were answered`);
  t.strictSame(
    answered.filter((pair) => halves.get(pair)?.length !== 2),
    [],
    'they are there',
  );
  const broken = [...halves.values()].filter(({ length }) => length !== 2);
  t.strictSame(broken, [], 'and nothing by half');
  t.ok(halves.size <= answered.length + 1);
}

t.test('a server with a file is killed', async (t) => {
  const { place, open } = await testEngine(t, 'SQLite');
  const { process, answered, ended } = await startWriter(t, [place.file]);
  process.kill('SIGKILL');
  await ended;
  const database = await open();
  await checkPairs(t, database, answered);
  const { rows } = await sql`PRAGMA synchronous`.execute(database.queries);
  t.strictSame(rows, [{ synchronous: 2 }], 'a power failure loses nothing either');
});

t.test('PostgreSQL and servers are killed', async (t) => {
  const postgres = await Postgres.start(t, { isDurable: true });
  const url = await postgres.createDatabase();
  const { process, answered, ended } = await startWriter(t, ['', url]);
  process.kill('SIGKILL');
  await ended;
  const database = await Database.open({ file: '', url: new Secret(url), logger: silentLogger });
  t.teardown(() => database.close());
  await checkPairs(t, database, answered);

  await database.queries.deleteFrom('ondemand_accounts').execute();
  const writer = await startWriter(t, ['', url]);
  await postgres.kill('SIGKILL');
  await writer.ended;
  await eventually('PostgreSQL starts again', () => postgres.start().then(() => true));
  await checkPairs(t, database, writer.answered);
});
