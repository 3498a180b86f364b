import { readFile } from 'node:fs/promises';
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

/** Share of all processor time of the machine that was used while something went on, from 0 to 1. */
export async function machineLoad<T>(work: () => Promise<T>): Promise<{ result: T; load: number }> {
  const before = await machineTimes();
  const result = await work();
  const after = await machineTimes();
  return { result, load: 1 - (after.idle - before.idle) / (after.all - before.all) };
}

/** proc(5), /proc/stat, in ticks. */
async function machineTimes(): Promise<{ all: number; idle: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = times;
  return { all: times.reduce((sum, time) => sum + time, 0), idle: idle + waiting };
}

/** `Chromium 25.0, Xvfb 1.0`: per cent of a core, of so many alike each. */
export function listShares(usage: Readonly<Record<string, Usage>>, alike = 1): string {
  return Object.entries(usage)
    .map(([name, { cpu }]) => `${name} ${(cpu / alike).toFixed(1)}`)
    .join(', ');
}
