import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import { publicUrl } from '../config/http.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { Admissions } from './admissions.ts';
import { Announcements, type ConferenceBackends } from './announcements.ts';
import { Conferences } from './conferences.ts';
import { JoinLinks } from './join-links.ts';
import { Servers } from './servers.ts';

export interface OpenSchedulingOptions {
  readonly config: Config;
  readonly database: Database;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  readonly backends: ConferenceBackends;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Scheduled conferences of a server. */
export interface Scheduling {
  readonly servers: Servers;
  readonly conferences: Conferences;
  readonly admissions: Admissions;
  readonly links: JoinLinks;
  /** Idempotent. */
  close(): Promise<void>;
}

/** @returns undefined when conferences are not scheduled @throws StartError when the configuration cannot be used */
export async function openScheduling(options: OpenSchedulingOptions): Promise<Scheduling | undefined> {
  const { config: all, database, rooms, issuePeerToken, backends, clock, logger } = options;
  const { scheduling: config } = all;
  const publicAddress = publicUrl(all);
  if (!config) return undefined;
  const servers = await Servers.open({ config, database, publicAddress });
  const links = await JoinLinks.open({ database, publicAddress });
  const shared = { config, database, links, clock, logger };
  const announcements = new Announcements({ ...shared, backends });
  const announce: Announcements['add'] = (queries, change) => announcements.add(queries, change);
  const conferences = new Conferences({ ...shared, servers, announce });
  const admissions = new Admissions({ ...shared, conferences, rooms, issuePeerToken });
  return {
    ...{ servers, conferences, admissions, links },
    async close() {
      await admissions.close();
      await announcements.close();
    },
  };
}
