import type { Generated, Kysely } from 'kysely';

/**
 * The tables, as the last migration leaves them. Times are milliseconds since the Unix epoch, money is cents, yes and no are 1 and 0: whole
 * numbers, which both engines have.
 */
export interface Tables {
  outbox: OutboxTable;
  ondemand_accounts: AccountTable;
  ondemand_deployments: DeploymentTable;
  ondemand_recorders: RecorderTable;
  scheduling_servers: ServerTable;
  scheduling_users: UserTable;
  scheduling_conferences: ConferenceTable;
  scheduling_participants: ParticipantTable;
  scheduling_contacts: ContactTable;
  scheduling_keys: KeyTable;
}

/** What statements are written with: the database itself, or a transaction. */
export type Queries = Kysely<Tables>;

/** Messages that are still to be delivered, and those that were given up. */
interface OutboxTable {
  /** Orders the messages of a key. */
  position: Generated<number>;
  /** UUID. */
  id: string;
  /** Whose: `callback`, `mail` or `event`. */
  topic: string;
  /** Messages of one key are delivered one after the other. */
  key: string;
  /** JSON. */
  body: string;
  attempts: Generated<number>;
  due_at: number;
  /** UUID of what a server does with it. */
  claim: string | null;
  /** Until when it is in the hands of that server. */
  claimed_until: number | null;
  created_at: number;
  /** When it was given up, and why. */
  failed_at: number | null;
  error: string | null;
}

interface AccountTable {
  name: string;
  balance: number;
}

interface DeploymentTable {
  id: string;
  /** The server whose recorders they are. */
  node: string;
  account: string;
  domain: string;
  /** What else the account's file said of the domain: which calls may be recorded. */
  room_prefix: string | null;
  tenant: string | null;
  recorders: number;
  hours: number;
  location: string;
  callback_url: string;
  price: number;
  state: 'accepted' | 'deploying' | 'active' | 'draining' | 'expired' | 'failed';
  ordered_at: number;
  /** When its hours are over; null until it is active. */
  expires_at: number | null;
  ended_at: number | null;
  /** 1: the administrator wants it ended. */
  end_requested: Generated<number>;
}

interface RecorderTable {
  id: string;
  deployment_id: string;
  /** From 0, in the order of the callback. */
  position: number;
  ip: string;
  port: number;
  token: string | null;
}

/** Servers that were cloned; the others are of the configuration. A clone has the key of its source. */
interface ServerTable {
  id: number;
  /** Of the server that was cloned. */
  source_id: number;
  url: string;
  name: string;
  slug: string;
  app_id: string;
  app_secret: string;
}

interface UserTable {
  id: Generated<number>;
  /** As it was first written. */
  email: string;
  /** In lower case: there is one user of an address. */
  email_lower: string;
  keycloak_id: string | null;
  time_zone: string | null;
  first_name: string | null;
  last_name: string | null;
}

interface ConferenceTable {
  id: Generated<number>;
  /** 32 lower-case hex digits. */
  uid: string;
  /** Decimal digits: the name of its room. */
  number: string;
  name: string;
  start_at: number;
  /** Minutes. */
  duration: number;
  time_zone: string | null;
  /** Null: it was deleted. */
  moderator_id: number | null;
  server_id: number;
  /** Number of changes that invitations were sent of (RFC 5545 3.8.7.4). */
  sequence: Generated<number>;
  created_at: number;
  deleted_at: number | null;
}

interface ParticipantTable {
  conference_id: number;
  user_id: number;
  /** Orders them. */
  position: number;
}

/** The address book of an organiser. */
interface ContactTable {
  user_id: number;
  contact_id: number;
}

/** Keys that all nodes share. */
interface KeyTable {
  name: string;
  /** Base64. */
  value: string;
}
