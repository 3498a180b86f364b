import { type OutboxTopic, outboxTopics } from './outbox-rows.ts';
import type { Queries } from './tables.ts';

export interface OutboxCount {
  readonly topic: OutboxTopic;
  /** Those that wait for their first or next attempt. */
  readonly waiting: number;
  /** Those that were given up, within the last week. */
  readonly failed: number;
}

/** Counts the messages of each topic, of all servers that share the database. @throws ShoalError databaseUnavailable */
export async function countOutbox(queries: Queries): Promise<OutboxCount[]> {
  const rows = await queries
    .selectFrom('outbox')
    .select(({ fn }) => ['topic', fn.countAll<number>().as('all'), fn.count<number>('failed_at').as('failed')])
    .groupBy('topic')
    .execute();
  return outboxTopics.map((topic) => {
    const { all = 0, failed = 0 } = rows.find((row) => row.topic === topic) ?? {};
    return { topic, waiting: all - failed, failed };
  });
}
