import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessTree } from './process-tree.ts';

export interface Usage {
  /** Per cent of a core. */
  readonly cpu: number;
  /** Bytes, at the end. */
  readonly memory: number;
}

/** What programs take in the same stretch of time. @param duration milliseconds */
export async function measureUsage<K extends string>(
  trees: Readonly<Record<K, ProcessTree>>,
  duration: number,
): Promise<Record<K, Usage>> {
  const entries = Object.entries(trees) as [K, ProcessTree][];
  const times = () => Promise.all(entries.map(([, tree]) => tree.cpuTime()));
  const before = await times();
  const begin = performance.now();
  await pause(duration);
  const after = await times();
  const elapsed = performance.now() - begin;
  const memory = await Promise.all(entries.map(([, tree]) => tree.memory()));
  const usage = entries.map(([name], index) => {
    const cpu = ((after[index] ?? 0) - (before[index] ?? 0)) / elapsed / 10;
    return [name, { cpu, memory: memory[index] ?? 0 }];
  });
  return Object.fromEntries(usage);
}

/** `Chromium 25.0, Xvfb 1.0`. */
export function listShares(usage: Readonly<Record<string, Usage>>): string {
  return Object.entries(usage)
    .map(([name, { cpu }]) => `${name} ${cpu.toFixed(1)}`)
    .join(', ');
}
