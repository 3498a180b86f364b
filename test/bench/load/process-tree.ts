import { readdir, readFile } from 'node:fs/promises';

/** Microseconds per tick of the kernel's CPU times (USER_HZ). */
const tick = 10_000;

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** The kernel keeps 15 characters. */
  readonly name: string;
  /** Microseconds of the process and of those of its children that have ended. */
  readonly cpu: number;
}

/** Programs with all the processes that they start, among them those that come and go. */
export class ProcessTree {
  readonly #roots: readonly number[];
  readonly #without: ReadonlySet<string>;

  /** @param without names of programs that do not count, nor what they start */
  constructor(roots: readonly number[], without: readonly string[] = []) {
    this.#roots = roots;
    this.#without = new Set(without.map((name) => name.slice(0, 15)));
  }

  /** Processor time so far, in microseconds. What ended before counts as well, so that only differences mean something. */
  async cpuTime(): Promise<number> {
    return (await this.#members()).reduce((sum, { cpu }) => sum + cpu, 0);
  }

  /** Memory in bytes; what processes share is divided among them. */
  async memory(): Promise<number> {
    const sizes = await Promise.all((await this.#members()).map(({ pid }) => proportionalMemory(pid)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async #members(): Promise<ProcessEntry[]> {
    const all = await readProcesses();
    const members = all.filter(({ pid }) => this.#roots.includes(pid));
    // Grows while it is walked.
    for (const { pid } of members) {
      members.push(...all.filter((entry) => entry.parent === pid && !this.#without.has(entry.name)));
    }
    return members;
  }
}

async function readProcesses(): Promise<ProcessEntry[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => undefined)));
  return lines.flatMap((line) => (line === undefined ? [] : [parseStat(line)]));
}

/** proc(5), /proc/[pid]/stat: the name may contain anything. */
function parseStat(line: string): ProcessEntry {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  const cpu = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tick;
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    name: line.slice(line.indexOf('(') + 1, nameEnd),
    cpu,
  };
}

async function proportionalMemory(pid: number): Promise<number> {
  const summary = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(summary)?.[1] ?? 0) * 1024;
}
