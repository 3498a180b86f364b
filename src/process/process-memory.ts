import { readFile } from 'node:fs/promises';

/** Memory of a process and its descendants, in bytes (Linux), without the code that decoders share. 0 elsewhere, and when the process is gone. */
export async function processMemory(pid: number): Promise<number> {
  const [status, children] = await Promise.all([read(pid, 'status'), read(pid, `task/${pid}/children`)]);
  const own = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  const others = await Promise.all((children.match(/\d+/g) ?? []).map((child) => processMemory(Number(child))));
  return others.reduce((sum, bytes) => sum + bytes, own);
}

async function read(pid: number, file: string): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
}
