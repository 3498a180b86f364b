import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
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
  readonly streams: readonly (Readable | Writable | null)[];
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
  const subprocess = execa(command.file, command.args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...env },
    extendEnv: false,
    stdio: [...stdio] as ['pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
    // a group of its own: Ctrl-C in a terminal reaches only us, and what the child starts can be ended with it
    detached: true,
    cleanup: false,
  });
  const result = subprocess.then(
    ({ exitCode, signal, cause }): ProcessEnd =>
      subprocess.pid === undefined && cause instanceof Error
        ? { code: exitCode, signal, error: cause }
        : { code: exitCode, signal },
  );
  const exit = new Promise<ProcessEnd>((resolve) => {
    subprocess.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
  return {
    pid: subprocess.pid,
    streams: subprocess.stdio as unknown as Child['streams'],
    exited: Promise.race([exit, result]),
    drained: result,
  };
};
