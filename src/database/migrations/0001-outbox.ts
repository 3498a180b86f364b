import { type Kysely, sql } from 'kysely';
import { addIdentity } from '../identity-column.ts';

export async function createOutbox(database: Kysely<unknown>): Promise<void> {
  await addIdentity(database, database.schema.createTable('outbox'), 'position')
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('topic', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('claim', 'text')
    .addColumn('claimed_until', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('failed_at', 'bigint')
    .addColumn('error', 'text')
    .execute();
  const waiting = sql<boolean>`failed_at is null`;
  const index = (name: string) => database.schema.createIndex(name).on('outbox');
  await index('outbox_due').where(waiting).columns(['topic', 'due_at']).execute();
  await index('outbox_key').where(waiting).columns(['topic', 'key', 'position']).execute();
  await index('outbox_failed').where(sql<boolean>`failed_at is not null`).column('failed_at').execute();
}
