import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { QueryResult } from 'kysely';
import { StartError } from '../error/start-error.ts';
import { fileIsRemoved } from './unavailability.ts';

/** Statements that are kept prepared, and how long their text may be: long ones have as many places as somebody sent members. */
const maxKept = 200;
const maxKeptLength = 4000;

interface Prepared {
  readonly statement: StatementSync;
  /** Whether it gives rows. */
  readonly reads: boolean;
}

/** The file of a SQLite database. What another process holds locked is not waited for: it would stop this whole process. */
export class SqliteFile {
  readonly #database: DatabaseSync;
  readonly #path: string;
  /** Number of the file in its file system. */
  readonly #inode: number;
  readonly #prepared = new Map<string, Prepared>();

  /** @param file absolute path; only its owner may read it @throws of the file system, and of SQLite */
  constructor(file: string) {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.#path = file;
    this.#inode = statSync(file).ino;
    this.#database = new DatabaseSync(file, { timeout: 0 });
    this.#database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  }

  /** Lets readers and a writer work at the same time. @throws when another process works with the file; StartError where it cannot be */
  useLog(): void {
    const [mode] = this.run('PRAGMA journal_mode = WAL', []).rows as { journal_mode: string }[];
    if (mode?.journal_mode !== 'wal')
      throw new StartError(
        'The file system of the database cannot share memory between processes. Change FJ_RESOURCES_BASE_PATH.',
      );
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  run(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const { statement, reads } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (!this.inTransaction && !/^(select|pragma) /i.test(sql)) this.#assertInPlace();
    // Rows have no prototype, unlike those of PostgreSQL.
    if (reads) return { rows: statement.all(...values).map((row) => ({ ...row })) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** Idempotent. */
  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  /** SQLite goes on with a file that was removed, and all that is written then is gone after the end of the process. */
  #assertInPlace(): void {
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode) throw new Error(fileIsRemoved);
  }

  #prepare(sql: string): Prepared {
    const kept = this.#prepared.get(sql);
    if (kept) return kept;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, reads: statement.columns().length > 0 };
    if (sql.length > maxKeptLength) return prepared;
    const [oldest] = this.#prepared.keys();
    if (oldest !== undefined && this.#prepared.size >= maxKept) this.#prepared.delete(oldest);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
