/** What to do when a child ends by itself. */
export type RestartPolicy = 'never' | Backoff;

/** Increasing delays between restarts. */
export interface Backoff {
  /** Delay before the first restart, in ms. */
  readonly firstMs: number;
  /** Maximum delay, in ms. */
  readonly maxMs: number;
  /** Run time after which a child counts as stable, in ms: the next delay is the first again. */
  readonly stableMs: number;
}

export const standardBackoff: Backoff = { firstMs: 200, maxMs: 30_000, stableMs: 60_000 };

/**
 * The delay before restart number `attempt` (from 0), in ms. It doubles each time and is then between half and all of that, so that
 * processes which died at the same time are not restarted at the same time.
 * @param random from 0 to 1
 */
export function restartDelay(backoff: Backoff, attempt: number, random: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full * (0.5 + random / 2));
}
