import type { Kysely } from 'kysely';
import { migrations } from './migrations/migrations.ts';
import type { Queries } from './tables.ts';

/** Runs the migrations that this database has not had. */
export async function migrate(queries: Queries): Promise<void> {
  await queries.schema
    .createTable('schema_version')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  const versions = queries.withTables<{ schema_version: { version: number } }>();
  const row = await versions.selectFrom('schema_version').select('version').executeTakeFirst();
  const version = row?.version ?? 0;
  await versions.transaction().execute(async (transaction) => {
    for (const migration of migrations.slice(version)) await migration(transaction as unknown as Kysely<unknown>);
    await transaction.deleteFrom('schema_version').execute();
    await transaction.insertInto('schema_version').values({ version: migrations.length }).execute();
  });
}
