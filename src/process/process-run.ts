import { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import { type Child, type ProcessEnd, type SocketChannel, type SpawnOptions, spawnChild } from './child.ts';
import { childEnvironment } from './child-environment.ts';
import { guardGroup, releaseGroup, signalGroup } from './orphan-guard.ts';
import type { OutputLog } from './output-log.ts';

export interface ProcessRunOptions extends Omit<SpawnOptions, 'env'> {
  /** Added to `childEnvironment()`. Nothing else is inherited: our environment holds secrets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Receives the lines of standard error. */
  readonly output: OutputLog;
  /** Whether it receives the lines of standard output, too. */
  readonly logsStdout?: boolean | undefined;
  /** Called when the process has ended: whether its descendants may continue. By default they are killed. */
  readonly leavesDescendants?: (() => boolean) | undefined;
  readonly clock: Clock;
}

/**
 * How often the rest of the output is waited for after the end of a process, and how long each time, in ms. This process reads between two
 * timers, however late they are; so nothing is lost when it is busy.
 */
const drain = { times: 5, ms: 100 };

/** One run of a program. It does not outlive this process, however that ends. */
export class ProcessRun {
  readonly #child: Child;
  readonly #options: ProcessRunOptions;
  /** Resolves when the process and its descendants have ended. Never rejects. */
  readonly ended: Promise<ProcessEnd>;

  /** @param file absolute path, or a name in `PATH` */
  constructor(file: string, args: readonly string[], options: ProcessRunOptions) {
    const { cwd, env, stdio, orphanSignal } = options;
    this.#options = options;
    this.#child = spawnChild(file, args, { cwd, env: { ...childEnvironment(), ...env }, stdio, orphanSignal });
    for (const [fd, stream] of this.#child.streams.entries()) {
      // an error of a pipe whose other end died must not crash this process
      stream?.on('error', () => undefined);
      const logged = fd === 2 || (fd === 1 && options.logsStdout);
      if (logged && stream instanceof Readable) options.output.follow(stream);
    }
    this.ended = this.#watch();
  }

  /** Undefined when it could not be started; `ended` then has the error. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Settles when all output has been read. */
  get drained(): Promise<unknown> {
    return this.#child.drained;
  }

  get sockets(): SocketChannel | undefined {
    return this.#child.sockets;
  }

  /** The reading end of a pipe, by file descriptor. */
  readable(fd: number): Readable | undefined {
    const stream = this.#child.streams[fd];
    return stream instanceof Readable ? stream : undefined;
  }

  /** The writing end of a pipe, by file descriptor. */
  writable(fd: number): Writable | undefined {
    const stream = this.#child.streams[fd];
    return stream instanceof Writable ? stream : undefined;
  }

  /** Signals the process and its descendants. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) signalGroup(this.pid, signal);
  }

  async #watch(): Promise<ProcessEnd> {
    const { pid, exited, drained, streams } = this.#child;
    const { orphanSignal, leavesDescendants, clock } = this.#options;
    if (pid === undefined) return await exited;
    guardGroup(pid, orphanSignal);
    const end = await exited;
    const leaves = leavesDescendants?.() ?? false;
    // descendants must not outlive the process or hold its pipes open
    if (!leaves) signalGroup(pid, 'SIGKILL');
    await within(drained, clock);
    // descendants that continue may hold pipes open, which must not keep this process alive
    if (leaves) for (const stream of streams) (stream as { unref?(): void } | null)?.unref?.();
    releaseGroup(pid);
    return end;
  }
}

/** Waits for the promise, but not for ever. */
function within(promise: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let cancel = () => {};
    const wait = (times: number) => {
      if (times === 0) resolve();
      else cancel = clock.schedule(drain.ms, () => wait(times - 1));
    };
    wait(drain.times);
    void promise.finally(() => {
      cancel();
      resolve();
    });
  });
}
