import { readFile } from 'node:fs/promises';

/** Linux counts in ticks of 10 ms, whatever the kernel's own (proc(5), sysconf(_SC_CLK_TCK)). */
const microsecondsPerTick = 10_000;

/** Processor time that a process has used so far, all its threads, user and system, in microseconds. */
export async function cpuTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold blanks; what is numbered follows its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

/** Resident memory of a process, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Direct children of a process that run a program of this name. */
export async function childrenOf(pid: number, program: string): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  const named = await Promise.all(children.map(async (child) => (await programOf(child)) === program.slice(0, 15)));
  return children.filter((_, index) => named[index]);
}

/** The kernel keeps 15 characters. */
async function programOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
}
