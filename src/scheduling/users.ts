import type { Selectable } from 'kysely';
import type { Queries, Tables } from '../database/tables.ts';
import type { Given, User } from './conference.ts';
import { isEmail } from './email.ts';

export const userColumns = [
  'scheduling_users.id',
  'scheduling_users.email',
  'scheduling_users.keycloak_id',
  'scheduling_users.time_zone',
  'scheduling_users.first_name',
  'scheduling_users.last_name',
] as const;

const maxKeycloakId = 255;

export type UserRow = Omit<Selectable<Tables['scheduling_users']>, 'email_lower'>;

export function userOf(row: UserRow): User {
  const { id, email } = row;
  const names = { firstName: row.first_name, lastName: row.last_name };
  return { id, email, keycloakId: row.keycloak_id, timeZone: row.time_zone, ...names };
}

/** By an e-mail address, in any letter case. */
export async function findUserByEmail(queries: Queries, email: Given): Promise<User | undefined> {
  if (email === undefined || !isEmail(email)) return undefined;
  const found = queries
    .selectFrom('scheduling_users')
    .select(userColumns)
    .where('email_lower', '=', email.toLowerCase());
  const row = await found.executeTakeFirst();
  return row && userOf(row);
}

/** By an identity of Keycloak. */
async function findUserByKeycloakId(queries: Queries, keycloakId: Given): Promise<User | undefined> {
  const id = identityOf(keycloakId);
  if (id === null) return undefined;
  const row = await queries
    .selectFrom('scheduling_users')
    .select(userColumns)
    .where('keycloak_id', '=', id)
    .executeTakeFirst();
  return row && userOf(row);
}

/** The user of an identity, else of an address; an unknown one is created. @param email a valid one */
export async function ensureUser(queries: Queries, email: string, keycloakId?: Given): Promise<User> {
  const known = await findUser(queries, email, keycloakId);
  if (known) return known;
  await queries
    .insertInto('scheduling_users')
    .values({ email, email_lower: email.toLowerCase(), keycloak_id: identityOf(keycloakId) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Somebody else may have created it at the same time.
  const created = await findUser(queries, email, keycloakId);
  if (!created) throw new Error('a user vanished');
  return created;
}

/** The identity counts more than the address: docs/contracts/jitsi-admin.md 3.1. */
export async function findUser(queries: Queries, email: Given, keycloakId: Given): Promise<User | undefined> {
  return (await findUserByKeycloakId(queries, keycloakId)) ?? (await findUserByEmail(queries, email));
}

/** Adds a user to the address book of another one. */
export async function addContact(queries: Queries, owner: User, contact: User): Promise<void> {
  await queries
    .insertInto('scheduling_contacts')
    .values({ user_id: owner.id, contact_id: contact.id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** One that no column can have is none. */
function identityOf(keycloakId: Given): string | null {
  return keycloakId && keycloakId.length <= maxKeycloakId && !keycloakId.includes('\0') ? keycloakId : null;
}
