import { type CreateTableBuilder, type Kysely, PostgresAdapter } from 'kysely';

/** Adds the column that is the primary key: whole numbers from 1, never given twice, also after a delete. */
export function addIdentity<Table extends string>(
  database: Kysely<unknown>,
  table: CreateTableBuilder<Table>,
  name = 'id',
) {
  const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter;
  return isPostgres
    ? table.addColumn(name, 'bigint', (column) => column.generatedAlwaysAsIdentity().primaryKey())
    : table.addColumn(name, 'integer', (column) => column.notNull().primaryKey().autoIncrement());
}
