import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ExpressionBuilder } from 'kysely';
import type { Clock } from '../clock/clock.ts';
import type { Queries, Tables } from './tables.ts';

/** How long a message is in the hands of a server that says nothing more, in ms. */
export const claimTime = 15_000;

/** A claim that lasts longer than that, in ms, was made before the clock was set back. */
const maxClaimTime = 10 * 60 * 1000;

/** How long messages that were given up are kept, in ms. */
const failedTime = 7 * 24 * 60 * 60 * 1000;

/** Characters of the reason why a message was given up. */
const maxError = 500;

/** Rows that one statement inserts. */
const insertLength = 100;

/** What messages are for, each delivered in a way of its own. */
export const outboxTopics = ['callback', 'mail', 'event'] as const;

export type OutboxTopic = (typeof outboxTopics)[number];

export interface NewMessage {
  readonly key: string;
  /** JSON. */
  readonly body: unknown;
}

export interface OutboxRow {
  readonly position: number;
  readonly id: string;
  readonly key: string;
  /** JSON. */
  readonly body: string;
  readonly attempts: number;
}

/** In this server's hands, until its claim ends. */
export interface ClaimedRow extends OutboxRow {
  readonly claim: string;
}

/** The statements of an outbox. Of the messages of a key only the first is ever due. */
export class OutboxRows {
  readonly #queries: Queries;
  readonly #topic: OutboxTopic;
  readonly #clock: Clock;

  constructor(queries: Queries, topic: OutboxTopic, clock: Clock) {
    this.#queries = queries;
    this.#topic = topic;
    this.#clock = clock;
  }

  /** @returns the ids of the new messages, in the same order */
  async add(queries: Queries, messages: readonly NewMessage[]): Promise<string[]> {
    const now = this.#clock.now();
    const shared = { topic: this.#topic, due_at: now, created_at: now };
    const ids: string[] = [];
    for (let start = 0; start < messages.length; start += insertLength) {
      // SQLite is in this process, which has other things to do.
      if (start > 0) await setImmediate();
      const rows = messages.slice(start, start + insertLength).map(({ key, body }) => {
        return { ...shared, id: randomUUID(), key, body: JSON.stringify(body) };
      });
      await queries.insertInto('outbox').values(rows).execute();
      ids.push(...rows.map(({ id }) => id));
    }
    return ids;
  }

  /** Messages that are due and in nobody's hands, those that wait longest first. */
  async due(limit: number): Promise<OutboxRow[]> {
    const now = this.#clock.now();
    return await this.#queries
      .selectFrom('outbox')
      .select(['position', 'id', 'key', 'body', 'attempts'])
      .where('topic', '=', this.#topic)
      .where('failed_at', 'is', null)
      .where('due_at', '<=', now)
      .where(isUnclaimed(now))
      .where(({ not, exists, selectFrom }) => {
        const earlier = selectFrom('outbox as earlier')
          .select('earlier.position')
          .where('earlier.topic', '=', this.#topic)
          .where('earlier.failed_at', 'is', null)
          .whereRef('earlier.key', '=', 'outbox.key')
          .whereRef('earlier.position', '<', 'outbox.position');
        return not(exists(earlier));
      })
      .orderBy('due_at')
      .orderBy('position')
      .limit(limit)
      .execute();
  }

  /** Milliseconds until the next message is due, of those that were not yet at a moment. */
  async timeToNext(moment: number): Promise<number | undefined> {
    const next = await this.#waiting()
      .select(({ fn }) => fn.min('due_at').as('at'))
      .where('due_at', '>', moment)
      .executeTakeFirst();
    return next?.at ? Math.max(0, next.at - this.#clock.now()) : undefined;
  }

  /** Takes a message into this server's hands. @returns undefined: another one was faster */
  async claim(row: OutboxRow, queries = this.#queries): Promise<ClaimedRow | undefined> {
    const now = this.#clock.now();
    const claim = randomUUID();
    const { numUpdatedRows } = await queries
      .updateTable('outbox')
      .set({ claim, claimed_until: now + claimTime })
      .where('position', '=', row.position)
      .where('attempts', '=', row.attempts)
      .where('failed_at', 'is', null)
      .where(isUnclaimed(now))
      .executeTakeFirst();
    return numUpdatedRows === 1n ? { ...row, claim } : undefined;
  }

  /** @returns false: another server has taken it */
  async renew(row: ClaimedRow): Promise<boolean> {
    const renewal = this.#update(row).set({ claimed_until: this.#clock.now() + claimTime });
    return (await renewal.executeTakeFirst()).numUpdatedRows === 1n;
  }

  /** Gives a message back that was not attempted. */
  async release(row: ClaimedRow, queries = this.#queries): Promise<void> {
    await this.#update(row, queries).set(unclaimed).execute();
  }

  /** Removes a message, and puts the next of its key behind those of the others. */
  async delivered({ position, key }: OutboxRow, queries = this.#queries): Promise<void> {
    const next = this.#waiting()
      .select(({ fn }) => fn.min('position').as('next'))
      .where('key', '=', key)
      .where('position', '>', position);
    const ofNext = queries.updateTable('outbox').where('position', '=', next);
    await ofNext.set({ due_at: this.#clock.now() }).execute();
    await queries.deleteFrom('outbox').where('position', '=', position).execute();
  }

  /** @param delay in ms */
  async postpone(row: ClaimedRow, delay: number, queries = this.#queries): Promise<void> {
    await this.#update(row, queries)
      .set({ ...unclaimed, attempts: row.attempts + 1, due_at: this.#clock.now() + delay })
      .execute();
  }

  async giveUp(row: ClaimedRow, error: string, queries = this.#queries): Promise<void> {
    const outcome = { failed_at: this.#clock.now(), error: error.slice(0, maxError) };
    await this.#update(row, queries)
      .set({ ...unclaimed, attempts: row.attempts + 1, ...outcome })
      .execute();
  }

  /** When the clock was set back, what waits for a moment of the future waits too long. @param maxDelay in ms */
  async bringForward(maxDelay: number): Promise<void> {
    const now = this.#clock.now();
    await this.#queries
      .updateTable('outbox')
      .set({ due_at: now })
      .where('topic', '=', this.#topic)
      .where('failed_at', 'is', null)
      .where('due_at', '>', now)
      .where(({ eb, or }) => or([eb('attempts', '=', 0), eb('due_at', '>', now + maxDelay)]))
      .execute();
  }

  async removeFailed(): Promise<void> {
    await this.#queries
      .deleteFrom('outbox')
      .where('topic', '=', this.#topic)
      .where('failed_at', '<', this.#clock.now() - failedTime)
      .execute();
  }

  #waiting() {
    return this.#queries.selectFrom('outbox').where('topic', '=', this.#topic).where('failed_at', 'is', null);
  }

  /** Nothing when another server has taken it meanwhile. */
  #update({ position, claim }: ClaimedRow, queries = this.#queries) {
    return queries.updateTable('outbox').where('position', '=', position).where('claim', '=', claim);
  }
}

const unclaimed = { claim: null, claimed_until: null };

function isUnclaimed(now: number) {
  return ({ eb, or }: ExpressionBuilder<Tables, 'outbox'>) =>
    or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', now), eb('claimed_until', '>', now + maxClaimTime)]);
}
