import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { Database, type DatabaseOptions } from '../../src/database/database.ts';
import { silentLogger } from '../log/silent-logger.ts';
import { Postgres } from './postgres.ts';

/** A database of a test's own, empty at first. */
export interface TestEngine {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** Where it is, as a server's configuration tells. */
  readonly place: Pick<DatabaseOptions, 'url' | 'file'>;
  /** Environment variables of a server that uses it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Opens it; several times as several servers do, or one after the other. Closed when the test ends. */
  readonly open: (options?: Partial<DatabaseOptions>) => Promise<Database>;
}

let server: Promise<Postgres> | undefined;

/** The PostgreSQL of this file's tests; it ends with them. */
export async function sharedPostgres(): Promise<Postgres> {
  server ??= Postgres.start(t);
  return await server;
}

/** Runs a test on SQLite, and on PostgreSQL. */
export async function onBothEngines(
  parent: Test,
  name: string,
  body: (t: Test, engine: TestEngine) => Promise<void>,
): Promise<void> {
  for (const engine of ['SQLite', 'PostgreSQL'] as const) {
    await parent.test(`${name}: ${engine}`, async (t) => body(t, await testEngine(t, engine)));
  }
}

export async function testEngine(t: Pick<Test, 'teardown'>, name: TestEngine['name']): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-database-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const url = name === 'PostgreSQL' ? await (await sharedPostgres()).createDatabase() : undefined;
  const place = { file: join(folder, 'shoal.db'), ...(url && { url: new Secret(url) }) };
  return {
    name,
    place,
    variables: { FJ_RESOURCES_BASE_PATH: folder, ...(url && { SHOAL_DATABASE_URL: url }) },
    async open(options = {}) {
      const database = await Database.open({ ...place, logger: silentLogger, ...options });
      t.teardown(() => database.close());
      return database;
    },
  };
}
