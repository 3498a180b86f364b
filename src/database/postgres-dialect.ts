import { type DatabaseConnection, type Driver, PostgresDialect, PostgresDriver } from 'kysely';
import type { PostgresConnections } from './postgres-pool.ts';
import { assertNoTransaction } from './transaction-scope.ts';

/** How Kysely works with PostgreSQL. */
export class PostgresPoolDialect extends PostgresDialect {
  readonly #pool: PostgresConnections;

  constructor(pool: PostgresConnections) {
    super({ pool });
    this.#pool = pool;
  }

  override createDriver(): Driver {
    return new PostgresPoolDriver({ pool: this.#pool });
  }
}

class PostgresPoolDriver extends PostgresDriver {
  /** Transactions that each waited for a second connection would have them all. */
  override async acquireConnection(...options: Parameters<PostgresDriver['acquireConnection']>) {
    assertNoTransaction();
    return await super.acquireConnection(...options);
  }

  /** Where that fails, the connection is given up, which ends its transaction; why it was to be rolled back is what matters. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection as never).catch(() => undefined);
  }
}
