import { Kysely, PostgresDialect, SqliteDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../log/logger.ts';
import { migrate } from './migrate.ts';
import { openSqlite } from './sqlite-file.ts';
import type { Queries, Tables } from './tables.ts';

export interface DatabaseOptions {
  /** URL of a PostgreSQL database. Undefined: a file. */
  readonly url?: Secret | undefined;
  /** Absolute path of the SQLite file. */
  readonly file: string;
  readonly logger: Logger;
}

/** Records that survive, on SQLite inside the process or on PostgreSQL. Statements are the same for both. */
export class Database {
  /** Every statement is a transaction of its own. Rejects with ShoalError databaseUnavailable when the database is away or its disk is full. */
  readonly queries: Queries;

  private constructor(queries: Queries) {
    this.queries = queries;
  }

  /** Opens the database and brings its tables up to date. @throws StartError when it cannot be used, or is of a newer server */
  static async open({ url, file }: DatabaseOptions): Promise<Database> {
    const dialect = url
      ? new PostgresDialect({ pool: new pg.Pool({ connectionString: url.reveal() }) })
      : new SqliteDialect({ database: openSqlite(file) });
    const queries = new Kysely<Tables>({ dialect });
    await migrate(queries);
    return new Database(queries);
  }

  /** Runs statements that are done all or not at all; it may be run again when PostgreSQL asks for it. @throws ShoalError databaseUnavailable */
  async transaction<Result>(run: (transaction: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return await this.queries.transaction().execute(run);
  }

  /** Closes all connections. Idempotent. */
  async close(): Promise<void> {
    await this.queries.destroy();
  }
}
