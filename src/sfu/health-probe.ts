import { performance } from 'node:perf_hooks';
import type { WorkerPool } from './worker-pool.ts';

/** Time for which a result of the probe is reused, in ms. */
const freshness = 3000;

/**
 * Checks whether the media plane works by opening a room with a transport on every worker, at most every few seconds.
 * Callers in between share the last result.
 */
export class HealthProbe {
  readonly #pool: Pick<WorkerPool, 'workers'>;
  readonly #now: () => number;
  #last: { at: number; result: Promise<void> } | undefined;

  /** @param now milliseconds of a clock that never steps back */
  constructor(pool: Pick<WorkerPool, 'workers'>, now: () => number = () => performance.now()) {
    this.#pool = pool;
    this.#now = now;
  }

  /** Rejects when a worker cannot open a room or a transport. */
  async check(): Promise<void> {
    const now = this.#now();
    if (!this.#last || now - this.#last.at > freshness) this.#last = { at: now, result: this.#probe() };
    await this.#last.result;
  }

  async #probe(): Promise<void> {
    const { workers } = this.#pool;
    if (workers.length === 0) throw new Error('No media worker is alive.');
    await Promise.all(
      workers.map(async (worker) => {
        if (!worker.responds) throw new Error('A media worker does not respond.');
        const room = await worker.openRoom(null, () => undefined);
        try {
          await room.createTransport('health');
        } finally {
          room.close();
        }
      }),
    );
  }
}
