import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { boundToParent } from './orphan-guard.ts';

/** How a process ended: an exit code, or the signal that ended it, or why it could not even be started. */
export interface ProcessEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly error?: Error;
}

/** One run of a program. */
export interface Child {
  /** Undefined when it could not be started. Also the id of its process group. */
  readonly pid: number | undefined;
  /** Its standard streams and further pipes by file descriptor; null where there is no pipe. */
  readonly streams: readonly (Readable | Writable | null | undefined)[];
  /** Settles as soon as the process is gone. */
  readonly exited: Promise<ProcessEnd>;
  /** Settles once its output is read to the end, too. */
  readonly drained: Promise<unknown>;
}

export interface SpawnOptions {
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: readonly ('pipe' | 'ignore')[];
  /** What it gets when we are gone. Default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals | undefined;
}

export type Spawn = (file: string, args: readonly string[], options: SpawnOptions) => Child;

/** Starts a program in a process group of its own, without a shell and without our environment. */
export const spawnChild: Spawn = (file, args, { cwd, env, stdio, orphanSignal }) => {
  const command = boundToParent(file, args, orphanSignal);
  try {
    // a group of its own: Ctrl-C in a terminal reaches only us, and what the child starts can be ended with it
    return childOf(spawn(command.file, command.args, { cwd, env: { ...env }, stdio: [...stdio], detached: true }));
  } catch (error) {
    // what the system refuses at once, such as arguments that are too long
    const end = Promise.resolve({ code: undefined, signal: undefined, error: error as Error });
    return { pid: undefined, streams: [], exited: end, drained: end };
  }
};

function childOf(child: ChildProcess): Child {
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    child.on('error', (error) => child.pid ?? resolve({ code: undefined, signal: undefined, error }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const drained = child.pid === undefined ? exited : closed;
  return { pid: child.pid, streams: child.stdio ?? [], exited, drained };
}
