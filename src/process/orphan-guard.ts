import { existsSync } from 'node:fs';

/** Part of util-linux; asks the kernel to end the child when its parent dies, even by SIGKILL. */
const setpriv = '/usr/bin/setpriv';

/**
 * The command wrapped so that the kernel ends the process with us (Linux). `setpriv` replaces itself by the program, so the
 * process id stays the same. Elsewhere the command is returned as it is and only an orderly end takes the children along.
 */
export function boundToParent(file: string, args: readonly string[]): { file: string; args: readonly string[] } {
  if (process.platform !== 'linux' || !existsSync(setpriv)) return { file, args };
  return { file: setpriv, args: ['--pdeathsig', 'KILL', '--', file, ...args] };
}

const groups = new Set<number>();

/** Remembers a process group; whatever is remembered when this process exits is killed. */
export function guardGroup(pid: number): void {
  if (groups.size === 0) process.on('exit', killAll);
  groups.add(pid);
}

export function releaseGroup(pid: number): void {
  groups.delete(pid);
  if (groups.size === 0) process.off('exit', killAll);
}

/** Signals every process of the group; false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function killAll(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}
