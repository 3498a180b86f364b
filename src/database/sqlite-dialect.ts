import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Availability } from './availability.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { assertNoTransaction } from './transaction-scope.ts';
import { isLocked } from './unavailability.ts';

/** Milliseconds that a file may be locked by another process, and between two looks whether it still is. */
const lockTimeout = 5000;
const lockPause = 10;

/** How Kysely works with a file of SQLite: one connection, whose statements wait for each other. */
export class SqliteFileDialect implements Dialect {
  readonly #driver: SqliteFileDriver;

  constructor(file: SqliteFile, availability: Availability, clock: Clock) {
    this.#driver = new SqliteFileDriver(file, availability, clock);
  }

  createDriver(): Driver {
    return this.#driver;
  }

  createQueryCompiler() {
    return new SqliteQueryCompiler();
  }

  createAdapter() {
    return new TurnTakingAdapter();
  }

  createIntrospector(database: Kysely<unknown>) {
    return new SqliteIntrospector(database);
  }
}

/** Kysely would take turns by itself, and wait for ever for a transaction that waits for what it awaits. */
class TurnTakingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class SqliteFileDriver implements Driver, DatabaseConnection {
  readonly #file: SqliteFile;
  readonly #availability: Availability;
  readonly #clock: Clock;
  /** Since when it is locked, by the monotonic clock. */
  #lockedAt: number | undefined;
  /** Ends when the connection is free. */
  #turn: Promise<void> = Promise.resolve();
  #endTurn: () => void = () => undefined;

  constructor(file: SqliteFile, availability: Availability, clock: Clock) {
    this.#file = file;
    this.#availability = availability;
    this.#clock = clock;
  }

  async init(): Promise<void> {
    await this.#whenUnlocked(() => this.#file.useLog());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    assertNoTransaction();
    const earlier = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await earlier;
    this.#endTurn = resolve;
    return this;
  }

  /** Immediate: a transaction that reads first could not write later when another process has written in between. */
  async beginTransaction(): Promise<void> {
    await this.#run('begin immediate', []);
  }

  async commitTransaction(): Promise<void> {
    await this.#run('commit', []);
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk has ended it already.
    if (this.#file.inTransaction) await this.#run('rollback', []);
  }

  async releaseConnection(): Promise<void> {
    this.#endTurn();
  }

  async destroy(): Promise<void> {
    this.#file.close();
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return (await this.#run(sql, parameters)) as QueryResult<R>;
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  async #run(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
    const result = await this.#whenUnlocked(() => this.#file.run(sql, parameters));
    const isWritten = !this.#file.inTransaction && sql !== 'rollback' && !/^select /i.test(sql);
    if (isWritten) this.#availability.worked();
    return result;
  }

  /** Waits while another process writes, but not for ever: who came after a long wait does not wait once more. */
  async #whenUnlocked<Result>(work: () => Result): Promise<Result> {
    for (;;) {
      try {
        const result = work();
        this.#lockedAt = undefined;
        return result;
      } catch (error) {
        const now = this.#clock.monotonic();
        if (isLocked(error)) this.#lockedAt ??= now;
        if (!isLocked(error) || now - (this.#lockedAt ?? now) >= lockTimeout) throw this.#availability.translate(error);
      }
      await pause(this.#clock, lockPause, new AbortController().signal);
    }
  }
}
