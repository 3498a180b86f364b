import { EventEmitter } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import type { ConferenceChange } from './announcements.ts';
import type { Conference, ConferenceDetails, Given, User } from './conference.ts';
import type { Servers } from './servers.ts';

/** Of a conference that is created or changed: docs/contracts/jitsi-admin.md 3.1 and 3.2. */
export type ConferenceFields = Readonly<Record<'name' | 'duration' | 'server' | 'start', Given>>;

export interface ConferencesOptions {
  readonly database: Database;
  readonly servers: Servers;
  readonly config: SchedulingConfig;
  /** Adds the announcement of a change to its transaction. @returns what is to be called when that is done */
  readonly announce: (queries: Database['queries'], change: ConferenceChange) => Promise<() => void>;
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

  constructor(options: ConferencesOptions) {
    void options;
  }

  /** docs/contracts/jitsi-admin.md 3.1. @returns its uid @throws SchedulingError serverNotFound, invalid */
  async create(
    key: Given,
    fields: ConferenceFields & { readonly email: Given; readonly keycloakId: Given },
  ): Promise<string> {
    void [key, fields];
    return await Promise.reject(new Error('to be written'));
  }

  /** docs/contracts/jitsi-admin.md 3.2. @throws SchedulingError conferenceNotFound, serverNotFound, invalid */
  async change(key: Given, uid: Given, fields: ConferenceFields): Promise<void> {
    void [key, uid, fields];
  }

  /** docs/contracts/jitsi-admin.md 3.3. @throws SchedulingError conferenceNotFound, denied */
  async delete(key: Given, uid: Given): Promise<void> {
    void [key, uid];
  }

  /** docs/contracts/jitsi-admin.md 3.4. @throws SchedulingError conferenceNotFound, denied, emailInvalid */
  async addParticipant(key: Given, uid: Given, email: Given): Promise<void> {
    void [key, uid, email];
  }

  /** docs/contracts/jitsi-admin.md 3.5. @throws SchedulingError conferenceNotFound, denied, emailInvalid, userNotFound */
  async removeParticipant(key: Given, uid: Given, email: Given): Promise<void> {
    void [key, uid, email];
  }

  /** docs/contracts/jitsi-admin.md 3.6. @throws SchedulingError conferenceNotFound, denied */
  async get(key: Given, uid: Given): Promise<Conference> {
    void [key, uid];
    return await Promise.reject(new Error('to be written'));
  }

  /** docs/contracts/jitsi-admin.md 3.9. @throws SchedulingError serverNotFound, minutesMissing */
  async upcoming(key: Given, minutes: Given, serverId: Given): Promise<{ serverId: number; uids: string[] }> {
    void [key, minutes, serverId];
    return await Promise.reject(new Error('to be written'));
  }

  /** docs/contracts/jitsi-admin.md 3.10. @throws SchedulingError conferenceNotFound, denied, newServerNotFound */
  async move(key: Given, uid: Given, serverId: Given): Promise<void> {
    void [key, uid, serverId];
  }

  /** Without a key, for joining and recording. @param by its id, uid or conference number */
  async find(
    by: { readonly id: number } | { readonly uid: string } | { readonly number: string },
  ): Promise<ConferenceDetails | undefined> {
    void by;
    return undefined;
  }

  /** Its moderator or participant of an e-mail address, in any letter case. */
  async invited(conference: ConferenceDetails, email: string): Promise<User | undefined> {
    void [conference, email];
    return undefined;
  }
}
