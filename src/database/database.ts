import { Kysely, type Transaction } from 'kysely';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../log/logger.ts';
import { Availability } from './availability.ts';
import { migrateFile, migratePostgres } from './migrate.ts';
import { PostgresPoolDialect } from './postgres-dialect.ts';
import { PostgresConnections } from './postgres-pool.ts';
import { SqliteFileDialect } from './sqlite-dialect.ts';
import { SqliteFile } from './sqlite-file.ts';
import { databaseStartError } from './start-failure.ts';
import type { Queries, Tables } from './tables.ts';
import { runTransaction, type TransactionOptions } from './transaction.ts';
import { WriteProbe } from './write-probe.ts';

export interface DatabaseOptions {
  /** URL of a PostgreSQL database. Undefined: a file. */
  readonly url?: Secret | undefined;
  /** Absolute path of the SQLite file. */
  readonly file: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Records that survive, on SQLite inside the process or on PostgreSQL. Statements are the same for both. */
export class Database {
  /** Every statement is a transaction of its own. Rejects with ShoalError databaseUnavailable when the database is away or its disk is full. */
  readonly queries: Queries;
  readonly #availability: Availability;
  readonly #probe: WriteProbe;

  private constructor(queries: Queries, availability: Availability, clock: Clock) {
    this.queries = queries;
    this.#availability = availability;
    this.#probe = new WriteProbe(queries, availability, clock);
  }

  /** Opens the database and brings its tables up to date. @throws StartError when it cannot be used, or is of a newer server */
  static async open({ url, file, logger, clock = systemClock }: DatabaseOptions): Promise<Database> {
    const availability = new Availability(logger, clock);
    try {
      const queries = url
        ? await openPostgres(url, availability)
        : await openFile(new SqliteFile(file), availability, clock);
      return new Database(queries, availability, clock);
    } catch (error) {
      throw databaseStartError(error, url ? 'the database of SHOAL_DATABASE_URL' : file);
    }
  }

  /**
   * Runs statements that are done all or not at all, as if no other transaction ran at the same time unless the options say otherwise. It is
   * run again when PostgreSQL asks for that, so that it must do nothing but statements, all of them by its argument; others reject.
   * @throws ShoalError databaseUnavailable. When the connection is lost at the very end, it may have been done nevertheless
   */
  async transaction<Result>(
    run: (transaction: Transaction<Tables>) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    return await runTransaction(this.queries, this.#availability, run, options);
  }

  /** @returns why nothing can be written, as it was within the last second; undefined: it can. Never rejects */
  async check(): Promise<string | undefined> {
    return await this.#probe.check();
  }

  /** Closes all connections. Idempotent. */
  async close(): Promise<void> {
    await this.queries.destroy();
  }
}

async function openFile(file: SqliteFile, availability: Availability, clock: Clock): Promise<Queries> {
  const queries = new Kysely<Tables>({ dialect: new SqliteFileDialect(file, availability, clock) });
  try {
    await migrateFile(queries);
    return queries;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openPostgres(url: Secret, availability: Availability): Promise<Queries> {
  await migratePostgres(url, availability);
  return new Kysely<Tables>({ dialect: new PostgresPoolDialect(new PostgresConnections(url, availability)) });
}
