import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Availability } from './availability.ts';
import type { Queries } from './tables.ts';
import { unavailability } from './unavailability.ts';

/** How long a result is taken for true, in ms. */
const period = 1000;

/** How long a statement may take, in ms. */
const timeout = 3000;

/** How much must find room after the disk was full, in bytes. */
const muchLength = 256 * 1024;

/** Whether a database can be written, however often somebody asks. */
export class WriteProbe {
  readonly #queries: Queries;
  readonly #availability: Availability;
  readonly #clock: Clock;
  #statement: Promise<string | undefined> | undefined;
  #last: { readonly at: number; readonly result: Promise<string | undefined> } | undefined;

  constructor(queries: Queries, availability: Availability, clock: Clock) {
    this.#queries = queries;
    this.#availability = availability;
    this.#clock = clock;
  }

  /** @returns why nothing can be written, as it was within the last second; undefined: it can. Never rejects */
  async check(): Promise<string | undefined> {
    const now = this.#clock.monotonic();
    if (!this.#last || now - this.#last.at >= period) this.#last = { at: now, result: this.#probe() };
    return await this.#last.result;
  }

  async #probe(): Promise<string | undefined> {
    const done = new AbortController();
    const late = pause(this.#clock, timeout, done.signal).then(() => 'it did not respond in time');
    // One that still runs is not joined by a second one.
    this.#statement ??= this.#write().finally(() => (this.#statement = undefined));
    const result = await Promise.race([this.#statement, late]);
    done.abort();
    return result;
  }

  /** Only a statement that writes notices a full disk, and a database that became a replica. */
  async #write(): Promise<string | undefined> {
    const versions = this.#queries.withTables<{ schema_version: { version: number } }>();
    const update = versions.updateTable('schema_version').set(({ ref }) => ({ version: ref('version') }));
    try {
      await update.execute();
      if (this.#availability.isFull) await this.#writeMuch();
      return undefined;
    } catch (error) {
      return (error instanceof ShoalError && unavailability(error.cause)) || 'it does not work';
    }
  }

  /** A message that nobody delivers. */
  async #writeMuch(): Promise<void> {
    const id = randomUUID();
    const body = randomBytes(muchLength / 2).toString('hex');
    const row = { id, topic: 'probe', key: '', body, due_at: 0, created_at: 0, failed_at: 0 };
    await this.#queries.insertInto('outbox').values(row).execute();
    this.#availability.hasRoom();
    await this.#queries.deleteFrom('outbox').where('topic', '=', 'probe').execute();
  }
}
