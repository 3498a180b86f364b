import { sql, type Transaction } from 'kysely';
import type { Availability } from './availability.ts';
import type { Queries, Tables } from './tables.ts';
import { isConflict, isDuplicate } from './unavailability.ts';

/** How often a transaction is begun. */
const maxAttempts = 10;

/**
 * Runs a transaction as if it were alone. SQLite has one writer, which the others wait for. PostgreSQL runs them at the same time, finds at the
 * end that two have met (serializable isolation), and ends one of them; those that were ended go one after the other then.
 */
export async function runTransaction<Result>(
  queries: Queries,
  availability: Availability,
  run: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const isFirst = attempt === 1;
    try {
      const beginning = queries.transaction().setIsolationLevel('serializable');
      return await beginning.execute(async (transaction) => {
        if (!isFirst) await waitForTurn(transaction);
        return await run(transaction);
      });
    } catch (error) {
      // Two that look for a row and add it can end in this error, too. When it comes again there was such a row before.
      if (!isConflict(error) && !(isFirst && isDuplicate(error))) throw error;
      if (attempt === maxAttempts) throw availability.translate(error, 'too many transactions met');
    }
  }
}

/** The only statement before which a transaction may wait and see afterwards what the others did (PostgreSQL 15, 13.2.2 and LOCK). */
async function waitForTurn(transaction: Transaction<Tables>): Promise<void> {
  await sql`lock table schema_version in share update exclusive mode`.execute(transaction);
}
