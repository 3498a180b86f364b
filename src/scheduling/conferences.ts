import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import type { Queries } from '../database/tables.ts';
import type { Logger } from '../log/logger.ts';
import type { ConferenceChange } from './announcement.ts';
import type { Conference, ConferenceDetails, ConferenceServer, Given, User } from './conference.ts';
import { readFields } from './conference-fields.ts';
import { ConferenceNumbers } from './conference-number.ts';
import {
  type ConferenceKey,
  conferenceEnd,
  findInvited,
  insertParticipant,
  loadConference,
  loadParticipants,
  lockConference,
  type StoredConference,
  withServer,
} from './conference-rows.ts';
import { isEmail } from './email.ts';
import { SchedulingError, type SchedulingErrorCode } from './scheduling-error.ts';
import { hasKey, type Servers } from './servers.ts';
import { addContact, ensureUser, findUserByEmail } from './users.ts';

/** Numbers that are tried for a new conference; the last ones are hours ahead. */
const maxAttempts = 16;
/** Of a look ahead, in minutes: 10,000 years. */
const maxMinutes = 5_300_000_000;

const sentences: Readonly<Record<ConferenceChange['type'], string>> = {
  'room.created': 'A conference was created.',
  'room.updated': 'A conference was changed.',
  'room.deleted': 'A conference was deleted.',
  'participant.added': 'A participant was added to a conference.',
  'participant.removed': 'A participant was removed from a conference.',
};

/** Of a conference that is created or changed: docs/contracts/jitsi-admin.md 3.1 and 3.2. */
export type ConferenceFields = Readonly<Record<'name' | 'duration' | 'server' | 'start', Given>>;

export interface ConferencesOptions {
  readonly database: Database;
  readonly servers: Servers;
  readonly config: SchedulingConfig;
  /** Adds the announcement of a change to its transaction. @returns what is to be called when that is done */
  readonly announce: (queries: Queries, change: ConferenceChange) => Promise<() => void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What was done: after its transaction. */
export interface ConferencesEvents {
  created: [ConferenceDetails];
  /** Also when it was moved by the same request. */
  changed: [after: ConferenceDetails, before: ConferenceDetails];
  deleted: [ConferenceDetails];
  /** To another server. */
  moved: [after: ConferenceDetails, before: ConferenceDetails];
  participantAdded: [ConferenceDetails, User];
  participantRemoved: [ConferenceDetails, User];
}

/**
 * The conferences of all servers. The first parameter of what backends do is the key that they sent. Every change is announced in its own
 * transaction, and told to `observer` when that is done.
 */
export class Conferences {
  readonly observer = new EventEmitter<ConferencesEvents>();
  readonly #options: ConferencesOptions;
  readonly #queries: Queries;
  readonly #servers: Servers;
  readonly #numbers: ConferenceNumbers;

  constructor(options: ConferencesOptions) {
    this.#options = options;
    this.#queries = options.database.queries;
    this.#servers = options.servers;
    this.#numbers = new ConferenceNumbers(options.clock);
  }

  /** docs/contracts/jitsi-admin.md 3.1. @returns its uid @throws SchedulingError serverNotFound, invalid */
  async create(
    key: Given,
    fields: ConferenceFields & { readonly email: Given; readonly keycloakId: Given },
  ): Promise<string> {
    const { email = '', keycloakId } = fields;
    if (!this.#servers.isKnown(key) || !isEmail(email)) throw new SchedulingError('serverNotFound');
    const moderator = await ensureUser(this.#queries, email, keycloakId);
    const [server, ...others] = this.#servers.schedulable(key, fields.server, moderator.email);
    if (!server) throw new SchedulingError('serverNotFound');
    const { name, duration, start = this.#second() } = readFields(fields, this.#options.config.timeZone);
    if (others.length > 0 || name === undefined || duration === undefined) throw new SchedulingError('invalid');
    const values = { uid: randomBytes(16).toString('hex'), name, duration, start, timeZone: null, moderator, server };
    await this.#transact(async (queries) => {
      const conference = await this.#insert(queries, { ...values, end: conferenceEnd(start, duration), sequence: 0 });
      await insertParticipant(queries, conference.id, moderator.id);
      return await this.#announced(queries, 'room.created', conference, [moderator], () =>
        this.observer.emit('created', conference),
      );
    });
    return values.uid;
  }

  /** docs/contracts/jitsi-admin.md 3.2. @throws SchedulingError conferenceNotFound, serverNotFound, invalid */
  async change(key: Given, uid: Given, fields: ConferenceFields): Promise<void> {
    await this.#write(key, uid, 'serverNotFound', async (queries, before) => {
      const server = await this.#newServer(key, before, fields.server);
      const given = readFields(fields, this.#options.config.timeZone);
      const { name = before.name, duration = before.duration, start = before.start } = given;
      const sequence = before.sequence + 1;
      const after = { ...before, name, duration, start, end: conferenceEnd(start, duration), server, sequence };
      await queries
        .updateTable('scheduling_conferences')
        .set({ name, duration, start_at: start, server_id: server.id, sequence })
        .where('id', '=', before.id)
        .execute();
      const recipients = await loadParticipants(queries, before.id);
      return await this.#announced(queries, 'room.updated', after, recipients, () => {
        this.observer.emit('changed', after, before);
        if (server.id !== before.server.id) this.observer.emit('moved', after, before);
      });
    });
  }

  /** docs/contracts/jitsi-admin.md 3.3. @throws SchedulingError conferenceNotFound, denied */
  async delete(key: Given, uid: Given): Promise<void> {
    await this.#write(key, uid, 'denied', async (queries, before) => {
      const now = this.#options.clock.now();
      const conference = { ...before, sequence: before.sequence + 1 };
      const recipients = before.end > now ? await loadParticipants(queries, before.id) : [];
      await queries.deleteFrom('scheduling_participants').where('conference_id', '=', before.id).execute();
      await queries
        .updateTable('scheduling_conferences')
        .set({ moderator_id: null, deleted_at: now, sequence: conference.sequence })
        .where('id', '=', before.id)
        .execute();
      return await this.#announced(queries, 'room.deleted', conference, recipients, () =>
        this.observer.emit('deleted', conference),
      );
    });
  }

  /** docs/contracts/jitsi-admin.md 3.4. @throws SchedulingError conferenceNotFound, denied, emailInvalid */
  async addParticipant(key: Given, uid: Given, email: Given): Promise<void> {
    await this.#write(key, uid, 'denied', async (queries, before) => {
      if (!isEmail(email ?? '')) throw new SchedulingError('emailInvalid');
      const user = await ensureUser(queries, email ?? '');
      if (!(await insertParticipant(queries, before.id, user.id))) return () => undefined;
      await addContact(queries, before.moderator, user);
      const conference = await raiseSequence(queries, before);
      return await this.#announced(queries, 'participant.added', conference, [user], () =>
        this.observer.emit('participantAdded', conference, user),
      );
    });
  }

  /** docs/contracts/jitsi-admin.md 3.5. @throws SchedulingError conferenceNotFound, denied, emailInvalid, userNotFound */
  async removeParticipant(key: Given, uid: Given, email: Given): Promise<void> {
    await this.#write(key, uid, 'denied', async (queries, before) => {
      if (!isEmail(email ?? '')) throw new SchedulingError('emailInvalid');
      const user = await findUserByEmail(queries, email);
      const removed = await queries
        .deleteFrom('scheduling_participants')
        .where('conference_id', '=', before.id)
        .where('user_id', '=', user?.id ?? 0)
        .returning('user_id')
        .executeTakeFirst();
      if (!user || !removed) throw new SchedulingError('userNotFound');
      const conference = await raiseSequence(queries, before);
      return await this.#announced(queries, 'participant.removed', conference, [user], () =>
        this.observer.emit('participantRemoved', conference, user),
      );
    });
  }

  /** docs/contracts/jitsi-admin.md 3.6. @throws SchedulingError conferenceNotFound, denied */
  async get(key: Given, uid: Given): Promise<Conference> {
    const stored = await loadConference(this.#queries, { uid: uid ?? '' });
    const isOpen = this.#options.config.openReads;
    const conference = await this.#permitted(this.#queries, stored, isOpen ? undefined : { key, denial: 'denied' });
    return { ...conference, participants: await loadParticipants(this.#queries, conference.id) };
  }

  /** docs/contracts/jitsi-admin.md 3.9. @throws SchedulingError serverNotFound, minutesMissing */
  async upcoming(key: Given, minutes: Given, serverId: Given): Promise<{ serverId: number; uids: string[] }> {
    const known = await this.#servers.ofKey(key);
    const server = known.find(({ id }) => serverId === undefined || String(id) === serverId);
    if (!server) throw new SchedulingError('serverNotFound');
    if (!/^[+-]?\d{1,1000}$/.test(minutes ?? '')) throw new SchedulingError('minutesMissing');
    const now = this.#second();
    const rows = await this.#queries
      .selectFrom('scheduling_conferences')
      .select('uid')
      .where('server_id', '=', server.id)
      .where('deleted_at', 'is', null)
      .where('start_at', '>=', now)
      .where('start_at', '<=', now + Math.max(Math.min(Number(minutes), maxMinutes), -1) * 60_000)
      .orderBy('start_at')
      .orderBy('id')
      .execute();
    return { serverId: server.id, uids: rows.map(({ uid }) => uid) };
  }

  /** docs/contracts/jitsi-admin.md 3.10. @throws SchedulingError conferenceNotFound, denied, newServerNotFound */
  async move(key: Given, uid: Given, serverId: Given): Promise<void> {
    await this.#write(key, uid, 'denied', async (queries, before) => {
      const isId = /^\d{1,9}$/.test(serverId ?? '');
      const server = isId ? await this.#servers.byId(Number(serverId), queries) : undefined;
      if (!server || !hasKey(server, key)) throw new SchedulingError('newServerNotFound');
      const set = { server_id: server.id };
      await queries.updateTable('scheduling_conferences').set(set).where('id', '=', before.id).execute();
      return () => {
        if (server.id === before.server.id) return;
        this.#log('A conference was moved to another server.', { ...before, server });
        this.observer.emit('moved', { ...before, server }, before);
      };
    });
  }

  /** Without a key, for joining and recording. @returns undefined also when its server is configured no longer */
  async find(by: ConferenceKey): Promise<ConferenceDetails | undefined> {
    const stored = await loadConference(this.#queries, by);
    const server = stored && (await this.#servers.byId(stored.serverId));
    return stored && server && withServer(stored, server);
  }

  /** Its moderator or participant of an e-mail address, in any letter case. */
  async invited(conference: ConferenceDetails, email: string): Promise<User | undefined> {
    return await findInvited(this.#queries, conference, email);
  }

  /** Those of all servers that begin within a time, both ends included, in ms since the Unix epoch. */
  async beginning(from: number, to: number): Promise<ConferenceDetails[]> {
    const rows = await this.#queries
      .selectFrom('scheduling_conferences')
      .select('id')
      .where('deleted_at', 'is', null)
      .where('start_at', '>=', from)
      .where('start_at', '<=', to)
      .execute();
    const found: ConferenceDetails[] = [];
    for (const { id } of rows) {
      const conference = await this.find({ id });
      if (conference) found.push(conference);
    }
    return found;
  }

  /** Of this moment, as dates are stored. */
  #second(): number {
    return Math.floor(this.#options.clock.now() / 1000) * 1000;
  }

  /** Runs a transaction, and then what it returns. It has locked its conference, or made it: those of others do not matter. */
  async #transact(run: (queries: Queries) => Promise<() => void>): Promise<void> {
    const done = await this.#options.database.transaction(run, { isolation: 'read committed' });
    done();
  }

  /** Changes a conference while nobody else does. @param denial said to those whose key is not that of its server */
  async #write(
    key: Given,
    uid: Given,
    denial: SchedulingErrorCode,
    run: (queries: Queries, conference: ConferenceDetails) => Promise<() => void>,
  ): Promise<void> {
    // Who has no key writes nothing, and waits for nobody.
    await this.#permitted(this.#queries, await loadConference(this.#queries, { uid: uid ?? '' }), { key, denial });
    await this.#transact(async (queries) => {
      const locked = await lockConference(queries, uid ?? '');
      return await run(queries, await this.#permitted(queries, locked, { key, denial }));
    });
  }

  /** A conference with its server, whose key is looked at. @throws SchedulingError conferenceNotFound, and what is said of a denial */
  async #permitted(
    queries: Queries,
    stored: StoredConference | undefined,
    permission: { readonly key: Given; readonly denial: SchedulingErrorCode } | undefined,
  ): Promise<ConferenceDetails> {
    const server = stored && (await this.#servers.byId(stored.serverId, queries));
    if (!stored || (!permission && !server)) throw new SchedulingError('conferenceNotFound');
    if (!server || (permission && !hasKey(server, permission.key))) {
      throw new SchedulingError(permission?.denial ?? 'denied');
    }
    return withServer(stored, server);
  }

  /** The server that a request names, or the old one. @throws SchedulingError serverNotFound, invalid */
  async #newServer(key: Given, { server, moderator }: ConferenceDetails, url: Given): Promise<ConferenceServer> {
    if (url === undefined) return server;
    const matching = this.#servers.schedulable(key, url, moderator.email);
    const [first, ...others] = matching;
    if (!first) throw new SchedulingError('serverNotFound');
    const same = matching.find(({ id }) => id === server.id);
    if (!same && others.length > 0) throw new SchedulingError('invalid');
    return same ?? first;
  }

  /** Adds the messages of a change. @returns what is to be done after the transaction */
  async #announced(
    queries: Queries,
    type: ConferenceChange['type'],
    conference: ConferenceDetails,
    recipients: readonly User[],
    emit: () => void,
  ): Promise<() => void> {
    const send = await this.#options.announce(queries, { type, conference, recipients });
    return () => {
      this.#log(sentences[type], conference);
      send();
      emit();
    };
  }

  #log(sentence: string, { uid, number, server }: ConferenceDetails): void {
    this.#options.logger.info({ conference: uid, roomId: number, server: server.url }, sentence);
  }

  /** Gives it an id and a number. */
  async #insert(queries: Queries, values: Omit<ConferenceDetails, 'id' | 'number'>): Promise<ConferenceDetails> {
    const { uid, name, start, duration, timeZone, moderator, server } = values;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const number = this.#numbers.next(attempt);
      const row = await queries
        .insertInto('scheduling_conferences')
        .values({
          ...{ uid, number, name, duration, start_at: start, time_zone: timeZone },
          ...{ moderator_id: moderator.id, server_id: server.id, created_at: this.#options.clock.now() },
        })
        .onConflict((conflict) => conflict.column('number').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (row) return { ...values, id: row.id, number };
    }
    throw new Error('found no number for a conference');
  }
}

/** So that calendars take the next message for a later one, also when the times of both are equal: RFC 5546 2.1.5. */
async function raiseSequence(queries: Queries, conference: ConferenceDetails): Promise<ConferenceDetails> {
  const sequence = conference.sequence + 1;
  await queries.updateTable('scheduling_conferences').set({ sequence }).where('id', '=', conference.id).execute();
  return { ...conference, sequence };
}
