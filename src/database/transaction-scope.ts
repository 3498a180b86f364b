import { AsyncLocalStorage } from 'node:async_hooks';

/** Of what runs inside a transaction, and of what was begun there and goes on. */
const scope = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Runs the statements of a transaction. */
export async function insideTransaction<Result>(run: () => Promise<Result>): Promise<Result> {
  const store = { isOpen: true };
  try {
    return await scope.run(store, run);
  } finally {
    store.isOpen = false;
  }
}

/**
 * Statements inside a transaction are its own: for another connection they would wait while the transaction waits for them.
 * @throws Error
 */
export function assertNoTransaction(): void {
  if (scope.getStore()?.isOpen) throw new Error('a statement beside the transaction that it is in');
}
