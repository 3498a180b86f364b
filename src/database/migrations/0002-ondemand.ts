import type { Kysely } from 'kysely';

export async function createOnDemand(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('ondemand_accounts')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('balance', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('ondemand_deployments')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull().references('ondemand_accounts.name'))
    .addColumn('domain', 'text', (column) => column.notNull())
    .addColumn('room_prefix', 'text')
    .addColumn('tenant', 'text')
    .addColumn('recorders', 'integer', (column) => column.notNull())
    .addColumn('hours', 'integer', (column) => column.notNull())
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('callback_url', 'text', (column) => column.notNull())
    .addColumn('price', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('ordered_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('end_requested', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await schema.createIndex('ondemand_deployments_state').on('ondemand_deployments').column('state').execute();
  await schema
    .createTable('ondemand_recorders')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('deployment_id', 'text', (column) => column.notNull().references('ondemand_deployments.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('ip', 'text', (column) => column.notNull())
    .addColumn('port', 'integer', (column) => column.notNull())
    .addColumn('token', 'text')
    .execute();
}
