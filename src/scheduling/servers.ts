import type { Selectable } from 'kysely';
import type { SchedulingConfig } from '../config/scheduling.ts';
import type { Database } from '../database/database.ts';
import type { Queries, Tables } from '../database/tables.ts';
import { StartError } from '../error/start-error.ts';
import type { ConferenceServer, Given } from './conference.ts';
import { SchedulingError } from './scheduling-error.ts';
import { addressOf, readServerList, secretOf } from './server-list.ts';
import { findUser } from './users.ts';

/** Of what a clone is given, in characters. */
const maxText = 1000;
/** Clones that others may make at the same moment before this one gives up. */
const maxAttempts = 1000;
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

export interface ServersOptions {
  readonly config: SchedulingConfig;
  readonly database: Database;
  /** Base URL of this server, without a slash at the end. */
  readonly publicAddress: string;
}

type CloneFields = Readonly<Record<'url' | 'name' | 'app_id' | 'app_secret', Given>>;

/** The conference servers: those of the configuration, and their clones. */
export class Servers {
  /** In the order of their ids. */
  readonly #configured: readonly ConferenceServer[];
  readonly #database: Database;
  readonly #openReads: boolean;

  private constructor(configured: readonly ConferenceServer[], { config, database }: ServersOptions) {
    this.#configured = configured;
    this.#database = database;
    this.#openReads = config.openReads;
  }

  /** @throws StartError when the configuration cannot be read, or has the id of a clone */
  static async open(options: ServersOptions): Promise<Servers> {
    const { config, database, publicAddress } = options;
    const configured = await readServerList(config.servers, publicAddress);
    const ids = new Set(configured.map(({ id }) => id));
    const clones = await database.queries.selectFrom('scheduling_servers').select('id').execute();
    const clash = clones.find(({ id }) => ids.has(id));
    if (clash)
      throw new StartError(`JITSI_ADMIN_SERVERS has the id ${clash.id}, which a cloned server has. Change it.`);
    return new Servers(configured, options);
  }

  /** Those that have a key, in the order of their ids, clones of other nodes included; compared in constant time. Without a key none. */
  async ofKey(key: Given): Promise<readonly ConferenceServer[]> {
    const configured = this.#configured.filter((server) => hasKey(server, key));
    // Strangers cost the database nothing.
    if (configured.length === 0) return configured;
    return sorted([...configured, ...(await this.#clonesOf(this.#database.queries, configured))]);
  }

  /** Whether a key is that of any server. */
  isKnown(key: Given): boolean {
    // All are compared: the time says nothing.
    return this.#configured.filter((server) => hasKey(server, key)).length > 0;
  }

  /** Those with a key and a url on which somebody may schedule. Clones have no users. */
  schedulable(key: Given, url: Given, email: string): readonly ConferenceServer[] {
    const known = this.#configured.filter((server) => hasKey(server, key));
    return known.filter((server) => server.url === url && isListed(server, email));
  }

  /** @param queries a transaction, if one runs @returns undefined when it is configured no longer */
  async byId(id: number, queries: Queries = this.#database.queries): Promise<ConferenceServer | undefined> {
    const configured = this.#configured.find((server) => server.id === id);
    if (configured) return configured;
    const row = await queries.selectFrom('scheduling_servers').selectAll().where('id', '=', id).executeTakeFirst();
    return row && this.#toClone(row);
  }

  /** docs/contracts/jitsi-admin.md 3.8. @returns the id @throws SchedulingError notCloneable, urlMissing, invalid */
  async clone(key: Given, fields: CloneFields): Promise<number> {
    const source = this.#configured.find((server) => server.allowClone && hasKey(server, key));
    if (!source) throw new SchedulingError('notCloneable');
    const values = cloneValues(fields);
    const { queries } = this.#database;
    // Another node may take the id at the same moment.
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const id = await this.#nextId();
      const row = await queries
        .insertInto('scheduling_servers')
        .values({ ...values, id, source_id: source.id })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (row) return row.id;
    }
    throw new Error('found no id for a cloned server');
  }

  /** Urls of the servers of a user: docs/contracts/jitsi-admin.md 3.7. @throws SchedulingError denied, userNotFound */
  async ofUser(key: Given, email: Given, keycloakId: Given): Promise<{ urls: string[]; email: string }> {
    if (!this.#openReads && !this.isKnown(key)) throw new SchedulingError('denied');
    const user = await findUser(this.#database.queries, email, keycloakId);
    const known = user?.email ?? this.#listed(email);
    if (known === undefined) throw new SchedulingError('userNotFound');
    const groups = [
      this.#configured.filter(({ users }) => users.some((each) => each.toLowerCase() === known.toLowerCase())),
      this.#configured.filter(({ users }) => users.includes('*')),
      this.#configured.filter((server) => server.default),
    ];
    return { urls: [...new Set(groups.flat().map(({ url }) => url))], email: known };
  }

  /** Who is listed is a user, before the first conference, too. @returns the address as it is written there */
  #listed(email: Given): string | undefined {
    const lower = email?.toLowerCase();
    return this.#configured.flatMap(({ users }) => users).find((user) => user !== '*' && user.toLowerCase() === lower);
  }

  async #clonesOf(queries: Queries, sources: readonly ConferenceServer[]): Promise<ConferenceServer[]> {
    const ids = sources.map(({ id }) => id);
    if (ids.length === 0) return [];
    const rows = await queries.selectFrom('scheduling_servers').selectAll().where('source_id', 'in', ids).execute();
    return rows.flatMap((row) => this.#toClone(row) ?? []);
  }

  /** Its key is that of the source, now: a key that was changed opens nothing any more. */
  #toClone(row: CloneRow): ConferenceServer | undefined {
    const source = this.#configured.find(({ id }) => id === row.source_id);
    if (!source) return undefined;
    const { id, url, name, slug } = row;
    return {
      ...source,
      ...{ id, url, name, slug, users: [], allowClone: false, default: false },
      ...{ appId: row.app_id, appSecret: secretOf(row.app_secret), address: addressOf(url) ?? '' },
    };
  }

  /** One that no server has, and none had that conferences are left of. */
  async #nextId(): Promise<number> {
    const { queries } = this.#database;
    const { max } = queries.fn;
    const clone = await queries.selectFrom('scheduling_servers').select(max<number>('id').as('id')).executeTakeFirst();
    const used = await queries
      .selectFrom('scheduling_conferences')
      .select(max<number>('server_id').as('id'))
      .executeTakeFirst();
    return 1 + Math.max(clone?.id ?? 0, used?.id ?? 0, ...this.#configured.map(({ id }) => id));
  }
}

/** Whether a key is that of a server. No key is none, also where the server has none. */
export function hasKey({ apiKey }: ConferenceServer, key: Given): boolean {
  return apiKey !== undefined && key !== undefined && apiKey.matches(key);
}

/** Whether somebody may schedule on a server. */
function isListed({ users }: ConferenceServer, email: string): boolean {
  const lower = email.toLowerCase();
  return users.some((user) => user === '*' || user.toLowerCase() === lower);
}

type CloneRow = Selectable<Tables['scheduling_servers']>;

function cloneValues({ url: given, name = '', app_id = '', app_secret = '' }: CloneFields) {
  const url = (given || (name.length < 254 && hostName.test(name) ? name : '')).toWellFormed();
  if (url.length > 255 || addressOf(url) === undefined) throw new SchedulingError('urlMissing');
  if ([name, app_id, app_secret].some((text) => text.length > maxText || text.includes('\0'))) {
    throw new SchedulingError('invalid');
  }
  return { url, name: name.toWellFormed(), slug: encodeURIComponent(url), app_id, app_secret };
}

function sorted(servers: ConferenceServer[]): ConferenceServer[] {
  return servers.sort((a, b) => a.id - b.id);
}
