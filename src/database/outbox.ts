import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { Database } from './database.ts';
import type { Queries } from './tables.ts';

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
  readonly topic: 'callback' | 'mail' | 'event';
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

/** Messages to somebody outside that are in the database until they are delivered: with a transaction, or not at all. */
export class Outbox {
  constructor(options: OutboxOptions) {
    void options;
  }

  /** Adds a message to a transaction. {@link wake} is to be called when that is done. @param body JSON @returns its id */
  async add(queries: Queries, key: string, body: unknown): Promise<string> {
    void [queries, key, body];
    return await Promise.reject(new Error('to be written'));
  }

  /** Adds many messages to a transaction, in few statements. @returns their ids, in the same order */
  async addAll(queries: Queries, messages: readonly Pick<OutboxMessage, 'key' | 'body'>[]): Promise<string[]> {
    return await Promise.all(messages.map(({ key, body }) => this.add(queries, key, body)));
  }

  /** Looks for messages that are due. */
  wake(): void {}

  /** Aborts what is being delivered; it is delivered after the next start. Idempotent. */
  async close(): Promise<void> {}
}
