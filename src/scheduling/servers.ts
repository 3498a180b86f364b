import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import type { ConferenceServer, Given } from './conference.ts';

export interface ServersOptions {
  readonly config: SchedulingConfig;
  readonly database: Database;
  /** Base URL of this server, without a slash at the end. */
  readonly publicAddress: string;
}

/** The conference servers: those of the configuration, and their clones. */
export class Servers {
  /** @throws StartError when the configuration cannot be read */
  static async open(options: ServersOptions): Promise<Servers> {
    void options;
    return await Promise.reject(new Error('to be written'));
  }

  /** In the order of their ids, clones of other nodes included. */
  async all(): Promise<readonly ConferenceServer[]> {
    return [];
  }

  /** Those that have a key, compared in constant time. Without a key none. */
  async ofKey(key: Given): Promise<readonly ConferenceServer[]> {
    void key;
    return [];
  }

  /** docs/contracts/jitsi-admin.md 3.8. @returns the id @throws SchedulingError notCloneable, urlMissing */
  async clone(key: Given, fields: Readonly<Record<'url' | 'name' | 'app_id' | 'app_secret', Given>>): Promise<number> {
    void [key, fields];
    return await Promise.reject(new Error('to be written'));
  }

  /** Urls of the servers of a user: docs/contracts/jitsi-admin.md 3.7. @throws SchedulingError denied, userNotFound */
  async ofUser(key: Given, email: Given, keycloakId: Given): Promise<{ urls: string[]; email: string }> {
    void [key, email, keycloakId];
    return await Promise.reject(new Error('to be written'));
  }
}
