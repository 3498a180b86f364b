import { rm } from 'node:fs/promises';
import { stringify } from 'node:querystring';
import { pino } from 'pino';
import type { Test } from 'tap';
import { schedulingRoutes } from '../../../src/api/scheduling/scheduling-routes.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { Database } from '../../../src/database/database.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { RoomRegistry } from '../../../src/room/room-registry.ts';
import { openScheduling } from '../../../src/scheduling/open-scheduling.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { mediaDouble } from '../../sfu/media-double.ts';
import { type ApiResponse, RunningApi } from '../running-api.ts';

/** 15 January 2026, 12:00 in Berlin. */
export const noon = Date.UTC(2026, 0, 15, 11);

export const wholeKey = 'key-one';

/** Servers 1 and 2 share a key; 4 and 5 share key and url, 3 admits everybody. */
export const schedulingServers = [
  {
    ...{ id: 1, url: 'meet.example.org', name: 'Main', apiKey: wholeKey, appId: 'id', appSecret: 'secret' },
    ...{ users: ['a@example.org', 'b@example.org'], allowClone: true, default: true },
    address: 'https://media.example.org:8443',
  },
  { id: 2, url: 'second.example.org', name: 'Second', apiKey: wholeKey, users: ['a@example.org'] },
  { id: 3, url: 'https://open.example.org', name: 'Open', apiKey: 'key-three', users: ['*'] },
  { id: 4, url: 'twin.example.org', name: 'Twin', apiKey: 'key-four', users: ['a@example.org'] },
  { id: 5, url: 'twin.example.org', name: 'Twin', apiKey: 'key-four', users: ['a@example.org'] },
  { id: 6, url: 'umlaut.example.org', name: 'Umlaut', apiKey: 'schlüssel', users: ['a@example.org'] },
];

const boundary = 'a-boundary-of-this-test';

type Values = Readonly<Record<string, string | number | readonly string[]>>;

interface Asked {
  /** Null: none is sent. Default: the one of servers 1 and 2. */
  readonly key?: string | null;
  readonly query?: Values | string;
  readonly form?: Values | string;
  readonly json?: unknown;
  readonly parts?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The API for backends over a real socket, with its records in a database. */
export class RunningScheduler {
  readonly api: RunningApi;
  readonly clock: HeldClock;
  readonly database: Database;

  private constructor(api: RunningApi, clock: HeldClock, database: Database) {
    this.api = api;
    this.clock = clock;
    this.database = database;
  }

  /** @param variables of the environment, on top of the servers */
  static async start(
    t: Pick<Test, 'teardown'>,
    database: Database,
    variables: Record<string, string> = {},
  ): Promise<RunningScheduler> {
    const clock = new HeldClock(noon);
    const servers = JSON.stringify(schedulingServers);
    const config = await readConfig({ JITSI_ADMIN_SERVERS: servers, FJ_SECRET_KEY_BASE: 'k'.repeat(32), ...variables });
    const rooms = new RoomRegistry({ events: new RoomEvents(), openMedia: async () => mediaDouble() });
    const logger = pino({ level: 'silent' });
    const issuePeerToken = (roomId: string, peerId: string) => `token-of-${roomId}-${peerId}`;
    const shared = { rooms, issuePeerToken, clock };
    const backends = { areListening: false, notify: () => undefined, post: async () => undefined };
    const recorders = { findCallsBy: () => undefined };
    const scheduling = await openScheduling({ ...shared, config, database, logger, backends, recorders });
    if (!scheduling) throw new Error('Conferences are not scheduled.');
    const routes = schedulingRoutes(scheduling, async (_request, reply) => reply.type('text/html').send('the page'));
    const api = await RunningApi.start({ ...shared, plugins: [routes] });
    t.teardown(async () => {
      await api.close();
      await scheduling.close();
      await rm(config.resourcesBasePath, { recursive: true, force: true });
    });
    return new RunningScheduler(api, clock, database);
  }

  /** @param path below `/api/v1` */
  async ask(method: string, path: string, asked: Asked = {}): Promise<ApiResponse> {
    const { key = wholeKey, query, form, json, parts, headers } = asked;
    const search = query === undefined ? '' : `?${typeof query === 'string' ? query : stringify(query)}`;
    const [type, body] = bodyOf({ form, json, parts, body: asked.body });
    return await this.api.ask(method, `/api/v1${path}${search}`, {
      anonymous: true,
      headers: {
        ...(key !== null && { authorization: `Bearer ${Buffer.from(key).toString('latin1')}` }),
        ...(type && { 'content-type': type }),
        ...(body !== undefined &&
          headers?.['transfer-encoding'] === undefined && { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
      // Node would send the header in the encoding of a text.
      body: body === undefined ? undefined : Buffer.from(body),
    });
  }

  /** A conference of a@example.org on server 1, at noon for half an hour. @returns its uid */
  async create(changes: Values = {}, key?: string): Promise<string> {
    const fields = { email: 'a@example.org', name: 'Standup', duration: 30, server: 'meet.example.org' };
    const form = { ...fields, start: `@${noon / 1000}`, ...changes };
    const response = await this.ask('POST', '/room', { form, ...(key !== undefined && { key }) });
    if (response.json?.error !== false) throw new Error(`No conference: ${response.text}`);
    return response.json.uid;
  }

  /** What is said of a conference; undefined: it is none. */
  async info(uid: string, key = wholeKey): Promise<ApiResponse['json']> {
    const { json } = await this.ask('GET', `/info/${uid}`, { key });
    return json.error ? undefined : json;
  }
}

function bodyOf({ form, json, parts, body }: Pick<Asked, 'form' | 'json' | 'parts' | 'body'>) {
  if (form !== undefined) {
    return ['application/x-www-form-urlencoded', typeof form === 'string' ? form : stringify(form)] as const;
  }
  if (json !== undefined) return ['application/json', JSON.stringify(json)] as const;
  if (parts === undefined) return [undefined, body] as const;
  const texts = Object.entries(parts).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return [`multipart/form-data; boundary=${boundary}`, `${texts.join('')}--${boundary}--\r\n`] as const;
}
