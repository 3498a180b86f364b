import type { Test } from 'tap';
import { collectGarbage } from '../garbage-collection.ts';
import { seededRandom } from '../seeded-random.ts';

/** Longest pause of the event loop, in ms of CPU time: a busy machine does not count. */
const maxPause = 200;
/** Growth of the heap from the first quarter of the rounds to the end, in bytes. */
const maxGrowth = 24_000_000;
/** Interval at which the event loop is looked at, in ms. */
const interval = 5;

/**
 * Runs the rounds of a fuzzer, as many as `SHOAL_FUZZ_ROUNDS` says, and asserts what holds for every one of them: nothing is thrown,
 * the event loop goes on, memory stays flat.
 * @param usual rounds where the variable is not set
 * @param round gets numbers from 0 to 1, the same ones in every run
 */
export async function fuzz(
  t: Test,
  usual: number,
  round: (random: () => number, index: number) => Promise<void> | void,
): Promise<void> {
  const rounds = Number(process.env.SHOAL_FUZZ_ROUNDS ?? usual);
  const pauses = new Pauses();
  t.teardown(() => pauses.close());
  let heap = 0;
  for (let index = 0; index < rounds; index += 1) {
    if (index === Math.floor(rounds / 4)) heap = usedHeap(pauses);
    pauses.round = index;
    try {
      await round(seededRandom(index + 1), index);
    } catch (error) {
      t.error(error as Error, `round ${index}`);
      return;
    }
    // Everything else has its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok(pauses.longest < maxPause, 'the event loop goes on', { longest: pauses.longest, round: pauses.longestRound });
  const growth = usedHeap(pauses) - heap;
  t.ok(growth < maxGrowth, 'memory stays flat', { growth });
  t.comment(`${rounds} rounds, longest pause ${pauses.longest.toFixed(0)} ms of CPU, growth ${growth} bytes`);
}

/** Of the heap, in bytes, without what nobody holds any more. */
function usedHeap(pauses: Pauses): number {
  pauses.skip(collectGarbage);
  return process.memoryUsage().heapUsed;
}

/** Measures for how long the event loop did not come around. */
class Pauses {
  longest = 0;
  longestRound = 0;
  round = 0;
  #before = cpuTime();
  readonly #timer = setInterval(() => this.#look(), interval);

  /** Work that is the test's own. */
  skip(work: () => void): void {
    this.#look();
    work();
    this.#before = cpuTime();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = cpuTime();
    if (now - this.#before > this.longest) {
      this.longest = now - this.#before;
      this.longestRound = this.round;
    }
    this.#before = now;
  }
}

/** Of this thread, in ms. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
