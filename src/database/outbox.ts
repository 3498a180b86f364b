import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import { isUnavailable } from './availability.ts';
import type { Database } from './database.ts';
import { OutboxClaim } from './outbox-claim.ts';
import { type ClaimedRow, type NewMessage, type OutboxRow, OutboxRows, type OutboxTopic } from './outbox-rows.ts';
import type { Queries } from './tables.ts';
import { WriteGroup } from './write-group.ts';

export interface OutboxMessage {
  /** UUID, the same at every attempt. */
  readonly id: string;
  readonly key: string;
  readonly body: unknown;
  /** Earlier attempts. */
  readonly attempts: number;
}

export interface OutboxOptions {
  readonly database: Database;
  readonly topic: OutboxTopic;
  /** Delivers a message; a rejection is tried again, except an UndeliverableError. The signal aborts when the server stops. */
  readonly deliver: (message: OutboxMessage, signal: AbortSignal) => Promise<void>;
  /** Time before the second attempt, the third one and so on, in ms; after the last one the message is given up. */
  readonly delays: readonly number[];
  /** Messages that are delivered at the same time; those of one key never are. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Delivering once more is of no use. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}

/** Messages that are looked up at once. */
const batchLength = 100;

/** How often other servers' messages are looked for, in ms. */
const pollTime = 10_000;

/** Pause before the database is asked again when it was away, in ms. */
const retryTime = 1000;

/** How often old messages are removed, in ms. */
const cleanUpTime = 60 * 60 * 1000;

/**
 * Messages to somebody outside that are in the database until they are delivered: with a transaction, or not at all. Messages of one key are
 * delivered in their order: while the first waits for its next attempt, the others wait, too; when it is given up, they go on. Keys take turns.
 * A message that was delivered when the power failed is delivered once more, with the same id. Several servers may share the messages, when their
 * clocks agree within some seconds.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #rows: OutboxRows;
  readonly #outcomes: WriteGroup;
  /** Due when they were looked up. */
  #batch: OutboxRow[] = [];
  readonly #running = new Map<Promise<void>, AbortController>();
  readonly #stop = new AbortController();
  #isWoken = false;
  #turn: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;
  /** Why the last attempts failed; undefined: the last one did not. */
  #failure: string | undefined;
  #tendedAt = Number.NEGATIVE_INFINITY;
  #cleanedAt = Number.NEGATIVE_INFINITY;

  /** Begins with what is waiting from earlier. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#rows = new OutboxRows(options.database.queries, options.topic, options.clock);
    this.#outcomes = new WriteGroup(options.database);
    this.wake();
  }

  /** Adds a message to a transaction. {@link wake} is to be called when that is done. @param body JSON @returns its id */
  async add(queries: Queries, key: string, body: unknown): Promise<string> {
    const [id = ''] = await this.addAll(queries, [{ key, body }]);
    return id;
  }

  /** Adds many messages, in few statements. @returns their ids, in the same order */
  async addAll(queries: Queries, messages: readonly NewMessage[]): Promise<string[]> {
    return await this.#rows.add(queries, messages);
  }

  /** Looks for messages that are due. */
  wake(): void {
    if (this.#stop.signal.aborted) return;
    this.#isWoken = true;
    this.#turn ??= this.#takeTurns();
  }

  /** Aborts what is being delivered; it is delivered after the next start. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const abort of this.#running.values()) abort.abort();
    await this.#turn;
    this.#cancelTimer();
    await Promise.all(this.#running.keys());
  }

  async #takeTurns(): Promise<void> {
    while (this.#isWoken && !this.#stop.signal.aborted) {
      this.#isWoken = false;
      this.#cancelTimer();
      const delay = await this.#takeTurn();
      if (delay === 0) this.#isWoken = true;
      else this.#cancelTimer = this.#options.clock.schedule(delay, () => this.wake());
    }
    this.#turn = undefined;
  }

  /** @returns time until the next turn, in ms */
  async #takeTurn(): Promise<number> {
    const now = this.#options.clock.now();
    try {
      await this.#tend();
      await this.#startDue();
      return Math.min((await this.#rows.timeToNext(now)) ?? pollTime, pollTime);
    } catch (err) {
      this.#report(err);
      return retryTime;
    }
  }

  async #startDue(): Promise<void> {
    while (this.#running.size < this.#options.concurrency && !this.#stop.signal.aborted) {
      if (this.#batch.length === 0) this.#batch = await this.#rows.due(batchLength);
      if (this.#batch.length === 0) return;
      for (const row of await this.#claim(this.#batch.splice(0, this.#options.concurrency - this.#running.size)))
        this.#start(row);
    }
  }

  /** @returns those that no other server was faster to take */
  async #claim(rows: readonly OutboxRow[]): Promise<ClaimedRow[]> {
    const claim = async (queries: Queries) => {
      const claimed: ClaimedRow[] = [];
      for (const row of rows) {
        const mine = await this.#rows.claim(row, queries);
        if (mine) claimed.push(mine);
      }
      return claimed;
    };
    return await this.#options.database.transaction(claim, { isolation: 'read committed' });
  }

  #start(row: ClaimedRow): void {
    const abort = new AbortController();
    if (this.#stop.signal.aborted) abort.abort();
    const delivery = this.#deliver(row, abort).finally(() => {
      this.#running.delete(delivery);
      this.wake();
    });
    this.#running.set(delivery, abort);
  }

  async #deliver(row: ClaimedRow, abort: AbortController): Promise<void> {
    const { clock } = this.#options;
    const claim = new OutboxClaim(
      clock,
      () => this.#rows.renew(row),
      () => abort.abort(),
    );
    const record = await this.#attempt(row, abort.signal);
    let isReported = false;
    for (;;) {
      try {
        await this.#outcomes.write(record);
        break;
      } catch (err) {
        // It must not be delivered once more only because that cannot be written down.
        if (!isReported) this.#report(err);
        isReported = true;
        if (this.#stop.signal.aborted) break;
        await pause(clock, retryTime, this.#stop.signal);
      }
    }
    await claim.close();
  }

  /** @returns what writes down how it went */
  async #attempt(row: ClaimedRow, signal: AbortSignal): Promise<(queries: Queries) => Promise<void>> {
    const { deliver, delays } = this.#options;
    if (signal.aborted) return (queries) => this.#rows.release(row, queries);
    try {
      const { id, key, attempts } = row;
      await deliver({ id, key, attempts, body: JSON.parse(row.body) }, signal);
      this.#failure = undefined;
      return (queries) => this.#rows.delivered(row, queries);
    } catch (error) {
      if (signal.aborted) return (queries) => this.#rows.release(row, queries);
      const cause = error instanceof Error ? error.message : String(error);
      const delay = delays[row.attempts];
      if (delay === undefined || error instanceof UndeliverableError) return this.#givingUp(row, cause);
      this.#warnOfFailure(row, cause, delay);
      return (queries) => this.#rows.postpone(row, delay, queries);
    }
  }

  /** Once for many messages that cannot be delivered for the same reason. */
  #warnOfFailure({ id, key, attempts }: OutboxRow, cause: string, delay: number): void {
    const { topic, logger } = this.#options;
    if (cause !== this.#failure) {
      const fields = { topic, messageId: id, key, attempts: attempts + 1, cause, seconds: delay / 1000 };
      logger.warn(fields, 'A message was not delivered; it is sent again later.');
    }
    this.#failure = cause;
  }

  #givingUp(row: ClaimedRow, cause: string): (queries: Queries) => Promise<void> {
    const { topic, logger } = this.#options;
    const { id, key, attempts } = row;
    logger.warn({ topic, messageId: id, key, attempts: attempts + 1, cause }, 'A message was given up.');
    return (queries) => this.#rows.giveUp(row, cause, queries);
  }

  /** What is to be done now and then. */
  async #tend(): Promise<void> {
    const { clock, delays } = this.#options;
    const now = clock.monotonic();
    if (now - this.#tendedAt < pollTime) return;
    await this.#rows.bringForward(Math.max(0, ...delays));
    this.#tendedAt = now;
    if (now - this.#cleanedAt < cleanUpTime) return;
    await this.#rows.removeFailed();
    this.#cleanedAt = now;
  }

  /** A database that is away has been reported by itself. */
  #report(err: unknown): void {
    if (isUnavailable(err)) return;
    this.#options.logger.error({ err, topic: this.#options.topic }, 'Messages could not be looked after.');
  }
}
