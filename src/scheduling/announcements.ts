import type { Clock } from '../clock/clock.ts';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import type { ConferenceDetails, User } from './conference.ts';
import type { JoinLinks } from './join-links.ts';

/** What backends and participants are told of: docs/contracts/jitsi-admin.md 6. */
export interface ConferenceChange {
  readonly type: 'room.created' | 'room.updated' | 'room.deleted' | 'participant.added' | 'participant.removed';
  /** As it is after the change; of a deleted one, as it was before, with the sequence of its cancellation. */
  readonly conference: ConferenceDetails;
  /** Who gets a message. */
  readonly recipients: readonly User[];
}

/** A notification of a backend, one per recipient. */
export interface ConferenceEvent {
  readonly type: ConferenceChange['type'];
  readonly uid: string;
  readonly number: string;
  readonly serverId: number;
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly start: number;
  readonly end: number;
  readonly email: string;
  readonly joinUrl: string;
  /** Text of an iCalendar object. */
  readonly calendar: string;
}

export interface AnnouncementsOptions {
  readonly config: SchedulingConfig;
  readonly database: Database;
  readonly links: JoinLinks;
  /** Sends a notification to the backends that subscribed to conferences. */
  readonly notify: (event: ConferenceEvent) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells of changes: by mail, and to backends. */
export class Announcements {
  /** @throws StartError when the mail server's URL or the sender cannot be read */
  constructor(options: AnnouncementsOptions) {
    void options;
  }

  /**
   * Adds the messages of a change to its transaction.
   * @returns what is to be called when the transaction is done, and only then: it tells the backends that are connected, and sends mails
   */
  async add(queries: Database['queries'], change: ConferenceChange): Promise<() => void> {
    void [queries, change];
    return () => undefined;
  }

  /** Idempotent. */
  async close(): Promise<void> {}
}
