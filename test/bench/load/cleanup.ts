/** What a measurement has to undo, as a test's `teardown` is. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  /** `step` runs at {@link close}; the last one registered comes first. */
  readonly teardown = (step: () => unknown): void => {
    this.#steps.push(step);
  };

  /** Runs every step, also when one fails. Idempotent. @throws the first failure */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Measures with something to clean up after, however the measuring ends. */
export async function withCleanup<T>(measure: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  try {
    return await measure(cleanup);
  } finally {
    await cleanup.close();
  }
}
