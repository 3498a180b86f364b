// Runs the measurements of this folder, or those named on the command line, one after the other, and prints one table.
// Usage: npm run bench [-- name ...], for instance `npm run bench -- forwarding join-rate`.

import { readdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import type { Benchmark, Row } from './benchmark.ts';
import { formatTable } from './table.ts';

async function main(names: readonly string[]): Promise<void> {
  const found = await benchmarks();
  const unknown = names.filter((name) => !found.has(name));
  if (unknown.length > 0) throw new Error(`No such benchmark: ${unknown.join(', ')}. There are ${[...found.keys()]}.`);
  const rows: Row[] = [];
  for (const [name, benchmark] of found) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stderr.write(`bench: ${benchmark.title} ...\n`);
    rows.push(...(await measure(name, benchmark)));
  }
  const machine = cpus();
  process.stdout.write(
    `\n${formatTable(rows)}\n${machine.length} × ${machine[0]?.model.trim()}, Node ${process.version}\n`,
  );
}

/** The files beside this one that measure something, by name. */
async function benchmarks(): Promise<Map<string, Benchmark>> {
  const found = new Map<string, Benchmark>();
  for (const file of (await readdir(import.meta.dirname)).sort()) {
    if (!file.endsWith('.ts') || file === basename(import.meta.filename)) continue;
    const module: Partial<Benchmark> = await import(join(import.meta.dirname, file));
    if (module.run && module.title !== undefined) found.set(basename(file, '.ts'), module as Benchmark);
  }
  return found;
}

/** A measurement that fails must not cost the others theirs. */
async function measure(name: string, benchmark: Benchmark): Promise<Row[]> {
  try {
    return await benchmark.run();
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`bench: ${name} failed: ${error instanceof Error ? error.stack : error}\n`);
    return [{ what: benchmark.title, note: 'failed' }];
  }
}

await main(process.argv.slice(2));
