import { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import { type Child, type ProcessEnd, type Spawn, type SpawnOptions, spawnChild } from './child.ts';
import { childEnvironment } from './child-environment.ts';
import { guardGroup, releaseGroup, signalGroup } from './orphan-guard.ts';
import type { OutputLog } from './output-log.ts';

export interface ProcessRunOptions extends Omit<SpawnOptions, 'env'> {
  /** Added to `childEnvironment()`; nothing else of our environment, which holds secrets, is handed on. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Where the lines of standard error go. */
  readonly output: OutputLog;
  /** Whether the lines of standard output go there, too. */
  readonly logsStdout?: boolean | undefined;
  /** Asked when it has ended: whether what it has started may go on. Default: that ends, too. */
  readonly leavesDescendants?: (() => boolean) | undefined;
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
}

/** Milliseconds after the end of a process for which the rest of its output is waited for. */
const drainMs = 500;

/** One run of a program from its start to its end, which is at the latest our own, whatever that is. */
export class ProcessRun {
  readonly #child: Child;
  readonly #options: ProcessRunOptions;
  /** Settles once the process and its descendants are gone. Never rejects. */
  readonly ended: Promise<ProcessEnd>;

  /** @param file absolute, or in `PATH` */
  constructor(file: string, args: readonly string[], options: ProcessRunOptions) {
    const { cwd, env, stdio, orphanSignal, spawn = spawnChild } = options;
    this.#options = options;
    this.#child = spawn(file, args, { cwd, env: { ...childEnvironment(), ...env }, stdio, orphanSignal });
    for (const [fd, stream] of this.#child.streams.entries()) {
      // a pipe whose other end died must not take us along
      stream?.on('error', () => undefined);
      const logged = fd === 2 || (fd === 1 && options.logsStdout);
      if (logged && stream instanceof Readable) options.output.follow(stream);
    }
    this.ended = this.#watch();
  }

  /** Undefined when it could not be started; `ended` then says why. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Settles once all output is read to the end. */
  get drained(): Promise<unknown> {
    return this.#child.drained;
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
    // descendants must not outlive the process, nor hold its pipes open
    if (!leaves) signalGroup(pid, 'SIGKILL');
    await within(drained, drainMs, clock);
    // those that go on may hold pipes open, which must not hold us
    if (leaves) for (const stream of streams) (stream as { unref?(): void } | null)?.unref?.();
    releaseGroup(pid);
    return end;
  }
}

/** Waits for the promise, but not longer than `ms`. */
function within(promise: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(ms, resolve);
    void promise.finally(() => {
      cancel();
      resolve();
    });
  });
}
