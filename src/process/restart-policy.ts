/** What to do when a child ends without being asked to. */
export type RestartPolicy = 'never' | Backoff;

/** Growing waits between restarts. */
export interface Backoff {
  /** Wait before the first restart, in ms. */
  readonly firstMs: number;
  /** Maximum wait, in ms. */
  readonly maxMs: number;
  /** A child that ran this long, in ms, counts as healthy: the next wait is the first again. */
  readonly stableMs: number;
}

export const standardBackoff: Backoff = { firstMs: 200, maxMs: 30_000, stableMs: 60_000 };

/**
 * The wait before restart number `attempt` (from 0): doubled each time, and between half and all of that, so that processes which
 * died together do not come back together.
 * @param random from 0 to 1
 */
export function restartDelay(backoff: Backoff, attempt: number, random: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full * (0.5 + random / 2));
}
