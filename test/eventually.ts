import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds within which it must have become so: far more than it takes, even where the machine is slow. */
const patience = 300_000;

/**
 * Looks again and again until it is so. For what no event tells of: files that other processes write, ports on which they listen.
 * @param isSo what it throws counts as no
 * @throws after five minutes, with what was waited for
 */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    if (
      await Promise.resolve()
        .then(isSo)
        .catch(() => false)
    )
      return;
    if (performance.now() > deadline) throw new Error(`It did not come to this: ${what}`);
    await sleep(20);
  }
}
