import { existsSync } from 'node:fs';

/** Part of util-linux; makes the kernel signal the child when its parent dies, even by SIGKILL. */
const setpriv = '/usr/bin/setpriv';

/**
 * Wraps a command so that the kernel signals its process when this process dies (Linux only). `setpriv` replaces itself by the program,
 * so the process id stays the same. Elsewhere the command is returned as it is, and children end only with an orderly exit.
 */
export function boundToParent(
  file: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGKILL',
): { file: string; args: readonly string[] } {
  if (process.platform !== 'linux' || !existsSync(setpriv)) return { file, args };
  return { file: setpriv, args: ['--pdeathsig', signal.slice(3), '--', file, ...args] };
}

const groups = new Map<number, NodeJS.Signals>();

/** Adds a process group to those that are signalled when this process exits. */
export function guardGroup(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (groups.size === 0) process.on('exit', signalAll);
  groups.set(pid, signal);
}

export function releaseGroup(pid: number): void {
  groups.delete(pid);
  if (groups.size === 0) process.off('exit', signalAll);
}

/** Signals every process of a group. @returns false when there is none any more */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function signalAll(): void {
  for (const [pid, signal] of groups) signalGroup(pid, signal);
}
