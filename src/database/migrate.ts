import { Kysely, sql } from 'kysely';
import type { Secret } from '../config/secret.ts';
import { StartError } from '../error/start-error.ts';
import type { Availability } from './availability.ts';
import { type Migration, migrations } from './migrations/migrations.ts';
import { PostgresPoolDialect } from './postgres-dialect.ts';
import { PostgresConnections } from './postgres-pool.ts';
import type { Queries, Tables } from './tables.ts';

/** Names the lock of those that migrate. */
const lockKey = 7_465_001;

type Versions = { schema_version: { version: number } };

/** Brings the tables of a file up to date. Others that open it wait. @throws StartError when it is of a newer server */
export async function migrateFile(queries: Queries, list = migrations): Promise<void> {
  await queries.transaction().execute((transaction) => migrate(transaction, list));
}

/** Brings the tables of PostgreSQL up to date. Other servers wait meanwhile. @throws StartError when they are of a newer server */
export async function migratePostgres(url: Secret, availability: Availability, list = migrations): Promise<void> {
  const connections = new PostgresConnections(url, availability, { mayTakeLong: true });
  const queries = new Kysely<Tables>({ dialect: new PostgresPoolDialect(connections) });
  try {
    await queries.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${lockKey})`.execute(transaction);
      await migrate(transaction, list);
    });
  } finally {
    await queries.destroy();
  }
}

/** Runs the migrations that a database has not had; none of them when one fails. */
async function migrate(transaction: Queries, list: readonly Migration[]): Promise<void> {
  const version = await versionOf(transaction);
  if (version > list.length)
    throw new StartError(
      `The database is of a newer Shoal: its tables are of version ${version}, this server knows version ${list.length}. ` +
        'Start the newer server, or restore a back-up.',
    );
  if (version === list.length) return;
  for (const migration of list.slice(version)) await migration(transaction as unknown as Kysely<unknown>);
  const versions = transaction.withTables<Versions>();
  await versions.deleteFrom('schema_version').execute();
  await versions.insertInto('schema_version').values({ version: list.length }).execute();
}

/** The number of migrations that it has had. */
async function versionOf(transaction: Queries): Promise<number> {
  await transaction.schema
    .createTable('schema_version')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  const versions = transaction.withTables<Versions>();
  const row = await versions.selectFrom('schema_version').select('version').executeTakeFirst();
  return row?.version ?? 0;
}
