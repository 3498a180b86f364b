import type { Queries } from '../database/tables.ts';
import type { ConferenceDetails, ConferenceServer, User } from './conference.ts';
import { findUserByEmail, type UserRow, userColumns, userOf } from './users.ts';

/** How a conference is named: docs/contracts/jitsi-admin.md 1. */
export type ConferenceKey = { readonly id: number } | { readonly uid: string } | { readonly number: string };

/** A conference that was not deleted, whose server is looked up. */
export type StoredConference = Omit<ConferenceDetails, 'server'> & { readonly serverId: number };

const maxId = 2 ** 31 - 1;

const columns = [
  'scheduling_conferences.id as conference_id',
  'scheduling_conferences.uid',
  'scheduling_conferences.number',
  'scheduling_conferences.name',
  'scheduling_conferences.start_at',
  'scheduling_conferences.duration',
  'scheduling_conferences.time_zone as conference_time_zone',
  'scheduling_conferences.server_id',
  'scheduling_conferences.sequence',
] as const;

/** A deleted one is not found. */
export async function loadConference(queries: Queries, key: ConferenceKey): Promise<StoredConference | undefined> {
  const condition = conditionOf(key);
  if (!condition) return undefined;
  const row = await queries
    .selectFrom('scheduling_conferences')
    .innerJoin('scheduling_users', 'scheduling_users.id', 'scheduling_conferences.moderator_id')
    .select([...columns, ...userColumns])
    .where(`scheduling_conferences.${condition[0]}`, '=', condition[1])
    .where('scheduling_conferences.deleted_at', 'is', null)
    .executeTakeFirst();
  return row && toStored(row);
}

/** As {@link loadConference}, in a transaction; nobody else changes it until that is done. */
export async function lockConference(transaction: Queries, uid: string): Promise<StoredConference | undefined> {
  // SQLite knows no locks of rows, but both engines let only one write.
  await transaction
    .updateTable('scheduling_conferences')
    .set(({ ref }) => ({ sequence: ref('sequence') }))
    .where('uid', '=', uid)
    .execute();
  return await loadConference(transaction, { uid });
}

/** In the order of their addition. */
export async function loadParticipants(queries: Queries, conferenceId: number): Promise<User[]> {
  const rows = await queries
    .selectFrom('scheduling_participants')
    .innerJoin('scheduling_users', 'scheduling_users.id', 'scheduling_participants.user_id')
    .select(userColumns)
    .where('scheduling_participants.conference_id', '=', conferenceId)
    .orderBy('scheduling_participants.position')
    .execute();
  return rows.map(userOf);
}

/** The moderator or a participant of an e-mail address. */
export async function findInvited(
  queries: Queries,
  { id, moderator }: Pick<ConferenceDetails, 'id' | 'moderator'>,
  email: string,
): Promise<User | undefined> {
  const user = await findUserByEmail(queries, email);
  if (!user || user.id === moderator.id) return user;
  const row = await queries
    .selectFrom('scheduling_participants')
    .select('user_id')
    .where('conference_id', '=', id)
    .where('user_id', '=', user.id)
    .executeTakeFirst();
  return row && user;
}

/** @returns false when the user is a participant already */
export async function insertParticipant(queries: Queries, conferenceId: number, userId: number): Promise<boolean> {
  const { positions } = await queries
    .selectFrom('scheduling_participants')
    .select(({ fn }) => fn.max('position').as('positions'))
    .where('conference_id', '=', conferenceId)
    .executeTakeFirstOrThrow();
  const row = await queries
    .insertInto('scheduling_participants')
    .values({ conference_id: conferenceId, user_id: userId, position: (positions ?? -1) + 1 })
    .onConflict((conflict) => conflict.columns(['conference_id', 'user_id']).doNothing())
    .returning('position')
    .executeTakeFirst();
  return row !== undefined;
}

/** @param server of the conference, as it is found by its `serverId` */
export function withServer({ serverId, ...rest }: StoredConference, server: ConferenceServer): ConferenceDetails {
  if (serverId !== server.id) throw new Error('the server of another conference');
  return { ...rest, server };
}

/** What no column can have is asked of none. */
function conditionOf(key: ConferenceKey): ['id' | 'uid' | 'number', string | number] | undefined {
  if ('id' in key) return Number.isInteger(key.id) && key.id > 0 && key.id <= maxId ? ['id', key.id] : undefined;
  if ('uid' in key) return /^[0-9a-f]{32}$/.test(key.uid) ? ['uid', key.uid] : undefined;
  return /^\d{1,32}$/.test(key.number) ? ['number', key.number] : undefined;
}

interface ConferenceRow extends UserRow {
  readonly conference_id: number;
  readonly uid: string;
  readonly number: string;
  readonly name: string;
  readonly start_at: number;
  readonly duration: number;
  readonly conference_time_zone: string | null;
  readonly server_id: number;
  readonly sequence: number;
}

function toStored(row: ConferenceRow): StoredConference {
  const { uid, number, name, start_at: start, duration, sequence } = row;
  return {
    ...{ id: row.conference_id, uid, number, name, start, duration, sequence },
    end: conferenceEnd(start, duration),
    timeZone: row.conference_time_zone,
    moderator: userOf(row),
    serverId: row.server_id,
  };
}

/** In real minutes, also when the clocks change: docs/contracts/jitsi-admin.md 4. */
export function conferenceEnd(start: number, duration: number): number {
  return start + duration * 60_000;
}
