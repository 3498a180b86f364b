import { readFileSync } from 'node:fs';

/** What a child of a composer, or of the server, is there for. */
export type Purpose = 'decoder' | 'video encoder' | 'audio encoder' | 'composer';

const signs: Record<Purpose, string> = {
  ...{ decoder: 'low_delay', 'video encoder': 'libx264', 'audio encoder': 'adts' },
  composer: 'workers/composer/main.ts',
};

/** Process ids of the children of a process, from what the kernel says (Linux). */
export function childrenOf(pid: number, purpose?: Purpose): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
  return children.filter((child) => child > 0 && (!purpose || commandLine(child).includes(signs[purpose])));
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    // gone meanwhile
    return '';
  }
}
