import { readdir, readFile } from 'node:fs/promises';

/** Processor time that the living threads of a process have used so far, user and system, in microseconds. */
export async function cpuTime(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  // schedstat counts nanoseconds, where stat counts ticks of 10 ms.
  const times = await Promise.all(threads.map((id) => schedstat(pid, id)));
  return times.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0) / 1000;
}

/** Empty when the thread has ended meanwhile. */
async function schedstat(pid: number, thread: string): Promise<string> {
  return await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '');
}

/** Resident memory of a process, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
