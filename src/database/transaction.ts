import { sql, type Transaction } from 'kysely';
import type { Availability } from './availability.ts';
import type { Queries, Tables } from './tables.ts';
import { insideTransaction } from './transaction-scope.ts';
import { isConflict, isDuplicate } from './unavailability.ts';

/** How often a transaction is begun. */
const maxAttempts = 10;

export interface TransactionOptions {
  /**
   * `serializable`, the default: as if no other transaction ran at the same time. `read committed`: on PostgreSQL a statement sees what others
   * have done until it begins. That is cheaper, and right for a transaction that first locks, or makes, the row that all is about.
   */
  readonly isolation?: 'serializable' | 'read committed';
}

/**
 * Runs a transaction. SQLite has one writer, which the others wait for. PostgreSQL runs them at the same time, finds at the end that two
 * serializable ones have met, also when they only used the same page of an index, and ends one of them; those that were ended go one after the
 * other then.
 */
export async function runTransaction<Result>(
  queries: Queries,
  availability: Availability,
  run: (transaction: Transaction<Tables>) => Promise<Result>,
  { isolation = 'serializable' }: TransactionOptions = {},
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const isFirst = attempt === 1;
    try {
      const beginning = queries.transaction().setIsolationLevel(isolation);
      return await beginning.execute(async (transaction) => {
        if (!isFirst) await waitForTurn(transaction);
        return await insideTransaction(() => run(transaction));
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
