import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import type { Secret } from '../config/secret.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Availability } from './availability.ts';
import { unavailability } from './unavailability.ts';

/** Connections of one server. */
const max = 10;

/** In ms. */
const connectionTimeoutMillis = 5000;

/** In ms. The server ends what takes too long; when it says nothing at all, the connection is given up. */
const timeouts = {
  statement_timeout: 10_000,
  query_timeout: 15_000,
  lock_timeout: 5000,
  idle_in_transaction_session_timeout: 30_000,
  idleTimeoutMillis: 30_000,
};

/** Object ids of the types of whole numbers of 64 bits, and of their sums. */
const bigTypes: readonly number[] = [20, 1700];

const types = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    bigTypes.includes(id) && format !== 'binary' ? Number : pg.types.getTypeParser(id, format as 'text'),
} as pg.CustomTypesConfig;

/** Connections to PostgreSQL, as Kysely wants them. A broken one is replaced. */
export class PostgresConnections implements PostgresPool {
  readonly options = {};
  readonly #pool: pg.Pool;
  readonly #availability: Availability;

  /** @param options whether statements have no timeout */
  constructor(url: Secret, availability: Availability, { mayTakeLong = false } = {}) {
    this.#availability = availability;
    const connectionString = withStandardModes(url.reveal());
    const settings = { max, connectionTimeoutMillis, keepAlive: true, application_name: 'shoal', types };
    this.#pool = new pg.Pool({ ...settings, ...(!mayTakeLong && timeouts), connectionString });
    // Whoever uses a connection sees its errors; one that nobody uses is replaced.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#pool.on('error', () => undefined);
  }

  async connect(): Promise<PostgresPoolClient> {
    try {
      return new PostgresConnection(await this.#pool.connect(), this.#availability);
    } catch (error) {
      throw this.#availability.translate(error, unavailability(error) ?? 'it cannot be reached');
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

class PostgresConnection implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #availability: Availability;
  #isBroken = false;

  constructor(client: pg.PoolClient, availability: Availability) {
    this.#client = client;
    this.#availability = availability;
  }

  query(sql: unknown, parameters?: readonly unknown[]): never {
    return this.#query(String(sql), parameters ?? []) as never;
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#isBroken);
  }

  async #query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    try {
      const result = await this.#client.query(sql, [...parameters]);
      if (['COMMIT', 'INSERT', 'UPDATE', 'DELETE'].includes(result.command)) this.#availability.worked();
      return result as unknown as PostgresQueryResult<R>;
    } catch (error) {
      const translated = this.#availability.translate(withoutValues(error));
      this.#isBroken ||= translated instanceof ShoalError;
      throw translated;
    }
  }
}

/** What PostgreSQL adds to its messages are values of rows, which must not be logged. */
function withoutValues(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) Object.assign(error, { detail: undefined, where: undefined });
  return error;
}

/** `sslmode` as PostgreSQL's own clients understand it: `require` encrypts, `verify-full` verifies as well. */
function withStandardModes(url: string): string {
  return url.includes('uselibpqcompat=') ? url : `${url}${url.includes('?') ? '&' : '?'}uselibpqcompat=true`;
}
