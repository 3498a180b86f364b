import type { Secret } from '../config/secret.ts';

/** A member as it was sent; undefined when it was not. */
export type Given = string | undefined;

/** A conference server: docs/contracts/jitsi-admin.md 1 and 8. */
export interface ConferenceServer {
  readonly id: number;
  /** As clients name it, without scheme unless it was configured with one. */
  readonly url: string;
  readonly name: string;
  readonly slug: string;
  /** Undefined: no backend reaches it. A clone has that of the server that it was cloned from. */
  readonly apiKey: Secret | undefined;
  readonly appId: string;
  /** Undefined: its links have no token. */
  readonly appSecret: Secret | undefined;
  /** Who may schedule on it, e-mail addresses; `*`: everybody. */
  readonly users: readonly string[];
  readonly allowClone: boolean;
  readonly default: boolean;
  /** Base URL of its media server, without a slash at the end. */
  readonly address: string;
  /** Where its backend wants to be told of changes; http or https. */
  readonly webhookUrl?: string;
}

export interface User {
  readonly id: number;
  readonly email: string;
  readonly keycloakId: string | null;
  readonly timeZone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
}

/** A scheduled conference that was not deleted, without its participants: there may be thousands. */
export interface ConferenceDetails {
  readonly id: number;
  readonly uid: string;
  /** Conference number: the id of its room. */
  readonly number: string;
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly start: number;
  readonly end: number;
  /** Minutes. */
  readonly duration: number;
  readonly timeZone: string | null;
  readonly moderator: User;
  readonly server: ConferenceServer;
  /** Of the invitations: RFC 5545 3.8.7.4. */
  readonly sequence: number;
}

export interface Conference extends ConferenceDetails {
  /** In the order of their addition. */
  readonly participants: readonly User[];
}
