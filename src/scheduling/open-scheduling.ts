import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import { publicUrl } from '../config/http.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../log/logger.ts';
import type { Recorders } from '../recorder/recorders.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { Admissions } from './admissions.ts';
import { Announcements, type ConferenceBackends } from './announcements.ts';
import { CallMapper } from './call-mapper.ts';
import { ClientUrl } from './client-url.ts';
import { ConferenceRooms } from './conference-rooms.ts';
import { Conferences } from './conferences.ts';
import { JoinLinks } from './join-links.ts';
import { Servers } from './servers.ts';

export interface OpenSchedulingOptions {
  readonly config: Config;
  readonly database: Database;
  readonly rooms: RoomRegistry<RoomRouter>;
  /** They find the rooms of conferences by uid. */
  readonly recorders: Pick<Recorders, 'findCallsBy'>;
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
  readonly calls: CallMapper;
  readonly links: JoinLinks;
  /** Where those go who were admitted. Undefined: to the page of this server. */
  readonly clientUrl: ClientUrl | undefined;
  /** Of dates of conferences that have none of their own. */
  readonly timeZone: string;
  readonly clock: Clock;
  /** Idempotent. */
  close(): Promise<void>;
}

/** @returns undefined when conferences are not scheduled @throws StartError when the configuration cannot be used */
export async function openScheduling(options: OpenSchedulingOptions): Promise<Scheduling | undefined> {
  const { config: all, database, recorders, issuePeerToken, backends, clock, logger } = options;
  const { scheduling: config } = all;
  const publicAddress = publicUrl(all);
  if (!config) return undefined;
  const clientUrl = config.clientUrl === undefined ? undefined : new ClientUrl(config.clientUrl);
  const servers = await Servers.open({ config, database, publicAddress });
  const links = await JoinLinks.open({ database, publicAddress });
  const shared = { config, database, links, servers, clock, logger };
  const announcements = new Announcements({ ...shared, backends });
  const announce: Announcements['add'] = (queries, change) => announcements.add(queries, change);
  const conferences = new Conferences({ ...shared, announce });
  const { precreate, trustEmail } = config;
  const rooms = new ConferenceRooms({ ...shared, conferences, rooms: options.rooms, precreate, publicAddress });
  const joining = { ...shared, conferences, rooms, issuePeerToken };
  const admissions = new Admissions({ ...joining, trustEmail, webrtcUsed: all.webrtc.used });
  recorders.findCallsBy((name) => conferenceRoom(conferences, name));
  return {
    ...{ servers, conferences, admissions, links, clientUrl, clock, timeZone: config.timeZone },
    calls: new CallMapper({ ...joining, now: () => clock.now() }),
    async close() {
      await rooms.close();
      await announcements.close();
    },
  };
}

/** The room of a conference by its uid or number. */
async function conferenceRoom(conferences: Conferences, name: string): Promise<string | undefined> {
  const by = /^[\da-f]{32}$/i.test(name)
    ? { uid: name.toLowerCase() }
    : /^\d{1,32}$/.test(name)
      ? { number: name }
      : undefined;
  return by && (await conferences.find(by))?.number;
}
