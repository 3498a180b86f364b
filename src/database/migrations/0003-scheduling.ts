import type { Kysely } from 'kysely';
import { addIdentity } from '../identity-column.ts';

export async function createScheduling(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('scheduling_servers')
    .addColumn('id', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('source_id', 'integer', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('slug', 'text', (column) => column.notNull())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('app_secret', 'text', (column) => column.notNull())
    .execute();
  await schema.createIndex('scheduling_servers_source').on('scheduling_servers').column('source_id').execute();
  await addIdentity(database, schema.createTable('scheduling_users'))
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_lower', 'text', (column) => column.notNull().unique())
    .addColumn('keycloak_id', 'text', (column) => column.unique())
    .addColumn('time_zone', 'text')
    .addColumn('first_name', 'text')
    .addColumn('last_name', 'text')
    .execute();
  await addIdentity(database, schema.createTable('scheduling_conferences'))
    .addColumn('uid', 'text', (column) => column.notNull().unique())
    .addColumn('number', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('start_at', 'bigint', (column) => column.notNull())
    .addColumn('duration', 'integer', (column) => column.notNull())
    .addColumn('time_zone', 'text')
    .addColumn('moderator_id', 'integer', (column) => column.references('scheduling_users.id'))
    .addColumn('server_id', 'integer', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  await schema.createIndex('scheduling_conferences_start').on('scheduling_conferences').column('start_at').execute();
  await schema
    .createTable('scheduling_participants')
    .addColumn('conference_id', 'integer', (column) => column.notNull().references('scheduling_conferences.id'))
    .addColumn('user_id', 'integer', (column) => column.notNull().references('scheduling_users.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('scheduling_participants_key', ['conference_id', 'user_id'])
    .addUniqueConstraint('scheduling_participants_order', ['conference_id', 'position'])
    .execute();
  await schema
    .createTable('scheduling_contacts')
    .addColumn('user_id', 'integer', (column) => column.notNull().references('scheduling_users.id'))
    .addColumn('contact_id', 'integer', (column) => column.notNull().references('scheduling_users.id'))
    .addPrimaryKeyConstraint('scheduling_contacts_key', ['user_id', 'contact_id'])
    .execute();
  await schema
    .createTable('scheduling_keys')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}
