import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { boundToParent } from './orphan-guard.ts';

/** How a process ended: exit code or signal, or the error when it could not be started. */
export interface ProcessEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly error?: Error;
}

/** One run of a program. */
export interface Child {
  /** Process id, also of its process group. Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Its standard streams and further pipes by file descriptor; null where there is no pipe. */
  readonly streams: readonly (Readable | Writable | null | undefined)[];
  /** Passes connections to it; only with an `ipc` among its streams. */
  readonly sockets: SocketChannel | undefined;
  /** Settles when the process has exited. */
  readonly exited: Promise<ProcessEnd>;
  /** Settles when its output has been read to the end, too. */
  readonly drained: Promise<unknown>;
}

/** Node's channel between processes, over which connections go. */
export interface SocketChannel {
  /** To be called again only when the other side has said that it has the connection. @throws when the channel is closed */
  send(message: string, socket: Socket, options: object, done: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export interface SpawnOptions {
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** A number is a file descriptor of this process. */
  readonly stdio: readonly ('pipe' | 'ignore' | 'ipc' | number)[];
  /** Signal that it gets when this process dies. Default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals | undefined;
}

/** Starts a program in a process group of its own, without a shell and without our environment. */
export function spawnChild(
  file: string,
  args: readonly string[],
  { cwd, env, stdio, orphanSignal }: SpawnOptions,
): Child {
  const command = boundToParent(file, args, orphanSignal);
  try {
    // a process group of its own: Ctrl-C in a terminal does not reach it, and its descendants can be ended with it
    return childOf(spawn(command.file, command.args, { cwd, env: { ...env }, stdio: [...stdio], detached: true }));
  } catch (error) {
    // refused by the system, for instance because the arguments are too long
    const end = Promise.resolve({ code: undefined, signal: undefined, error: error as Error });
    return { pid: undefined, streams: [], sockets: undefined, exited: end, drained: end };
  }
}

function childOf(child: ChildProcess): Child {
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    child.on('error', (error) => child.pid ?? resolve({ code: undefined, signal: undefined, error }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const drained = child.pid === undefined ? exited : closed;
  const sockets = child.channel ? (child as SocketChannel) : undefined;
  return { pid: child.pid, streams: child.stdio ?? [], sockets, exited, drained };
}
