import { readFileSync } from 'node:fs';

/** What a child of a composer, or of the server, is there for. */
export type Purpose =
  | 'edge'
  | ('decoder' | 'video encoder' | 'audio encoder')
  | ('composer' | 'media worker' | 'track recorder' | 'telephony worker');

const signs: Record<Purpose, string> = {
  ...{ decoder: 'low_delay', 'video encoder': 'libx264', 'audio encoder': 'adts' },
  ...{ composer: 'workers/composer/main.ts', 'track recorder': 'workers/track-recorder/main.ts' },
  edge: 'workers/edge/main.ts',
  'media worker': 'mediasoup-worker',
  'telephony worker': 'workers/telephony/main.ts',
};

/** Process ids of the children of a process, from what the kernel says (Linux). */
export function childrenOf(pid: number, purpose?: Purpose): number[] {
  return childrenWith(pid, purpose ? signs[purpose] : '');
}

/** Process ids of the children of a process whose command line contains a text. */
export function childrenWith(pid: number, text: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
  return children.filter((child) => child > 0 && commandLine(child).includes(text));
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
