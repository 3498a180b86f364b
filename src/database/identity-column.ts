import { type CreateTableBuilder, type Kysely, PostgresAdapter } from 'kysely';

/** Adds the column `id`: whole numbers from 1, never given twice, also after a delete. */
export function addIdentity<Table extends string>(database: Kysely<unknown>, table: CreateTableBuilder<Table>) {
  const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter;
  return isPostgres
    ? table.addColumn('id', 'integer', (column) => column.generatedAlwaysAsIdentity().primaryKey())
    : table.addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement());
}
