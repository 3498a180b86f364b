import { EventEmitter, once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { ProcessEnd, SocketChannel } from './child.ts';
import { findProgram } from './find-program.ts';
import { OutputLog } from './output-log.ts';
import { ProcessError } from './process-error.ts';
import { ProcessRun } from './process-run.ts';
import { type RestartPolicy, restartDelay } from './restart-policy.ts';

export interface SupervisedProcessOptions {
  /** Name in log lines and errors, for instance `turn`. */
  readonly name: string;
  /** Absolute path of the program, or a name in `PATH`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly logger: Logger;
  readonly cwd?: string;
  /** Added to `childEnvironment()`. Nothing else is inherited: our environment holds secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** `pipe`: the caller writes to `stdin`; a number: an open file of this process. Default `ignore`. */
  readonly stdin?: 'pipe' | 'ignore' | number;
  /** `pipe`: the caller reads `stdout`; `log`: logged like standard error. Default `log`. */
  readonly stdout?: 'pipe' | 'log' | 'ignore';
  /** Pipes beyond standard error: file descriptors 3, 4 and so on. Default 0. */
  readonly extraPipes?: number;
  /** Whether connections can be passed to it: a program of Node. Default false. */
  readonly takesSockets?: boolean;
  /** Default `never`. */
  readonly restart?: RestartPolicy;
  /** Signal that asks the process to end. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Signal that it gets when this process dies first. Default SIGKILL; one that it handles lets it finish its work. */
  readonly orphanSignal?: NodeJS.Signals;
  /** Whether its descendants may continue when it has ended by itself. Default false: they are killed. */
  readonly leavesDescendants?: boolean;
  /** Time between the stop signal and SIGKILL, in ms. Default 3000. */
  readonly graceMs?: number;
  /** Called with each line that is logged. */
  readonly onLine?: (line: string) => void;
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** The events of a supervised process. */
export interface SupervisedProcessEvents {
  started: [{ readonly pid: number; readonly restarts: number }];
  /** `expected`: because of `close()`. `restartInMs`: delay before the restart. */
  exited: [ProcessEnd & { readonly expected: boolean; readonly restartInMs?: number }];
  /** It failed and will not be restarted. */
  failed: [ProcessError];
}

/**
 * A child process: started without a shell, its output logged, restarted by the policy, its failure explained by its last lines. It ends
 * with its whole process group by `close()`, and when this process ends, however that is.
 */
export class SupervisedProcess extends EventEmitter<SupervisedProcessEvents> {
  readonly #options: SupervisedProcessOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #output: OutputLog;
  #current: ProcessRun | undefined;
  #file = '';
  #restarts = 0;
  /** Restarts since it last ran for long enough. */
  #attempt = 0;
  #cancelRestart: (() => void) | undefined;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SupervisedProcessOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger.child({ process: options.name });
    this.#output = new OutputLog(this.#logger, this.#clock, undefined, options.onLine);
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#current?.pid;
  }

  get running(): boolean {
    return this.#current !== undefined;
  }

  /** Number of restarts. */
  get restarts(): number {
    return this.#restarts;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The last lines it wrote, oldest first. */
  get lastLines(): readonly string[] {
    return this.#output.lastLines;
  }

  /** Of the current run; only with `stdin: 'pipe'`. */
  get stdin(): Writable | undefined {
    return this.writable(0);
  }

  /** Of the current run; only with `stdout: 'pipe'`. */
  get stdout(): Readable | undefined {
    return this.#options.stdout === 'pipe' ? this.readable(1) : undefined;
  }

  /** Of the current run; only with `takesSockets`. */
  get sockets(): SocketChannel | undefined {
    return this.#current?.sockets;
  }

  /** The reading end of a pipe of the current run, by file descriptor. */
  readable(fd: number): Readable | undefined {
    return this.#current?.readable(fd);
  }

  /** The writing end of a pipe of the current run, by file descriptor. */
  writable(fd: number): Writable | undefined {
    return this.#current?.writable(fd);
  }

  /** Starts the process. Resolves when it runs. To be called once. @throws {ProcessError} when it cannot be started */
  async start(): Promise<void> {
    if (this.#starting || this.#closing) throw new Error(`${this.#options.name} was started or closed already`);
    this.#starting = this.#startFirst();
    await this.#starting;
  }

  /** Kills the process and its descendants. It is restarted by the policy, as if it had died. */
  kill(): void {
    this.#current?.signal('SIGKILL');
  }

  /** Ends the process and its descendants. Resolves when they are gone. Idempotent; may be called at any time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #startFirst(): Promise<void> {
    const { name, program } = this.#options;
    const file = await findProgram(program);
    if (file === undefined) throw new ProcessError(name, `could not be started: ${program} is not installed`, [], true);
    if (this.#closing) throw new ProcessError(name, 'could not be started: it was closed');
    this.#file = file;
    const run = this.#run();
    if (run.pid !== undefined) return;
    const { error } = await run.ended;
    throw new ProcessError(name, `could not be started: ${error?.message ?? 'unknown reason'}`);
  }

  #run(): ProcessRun {
    const { args, cwd, env, stdin = 'ignore', stdout = 'log', extraPipes = 0, orphanSignal } = this.#options;
    const channel = this.#options.takesSockets ? (['ipc'] as const) : [];
    this.#output.reset();
    const stdio = [
      stdin,
      stdout === 'ignore' ? 'ignore' : 'pipe',
      'pipe',
      ...Array(extraPipes).fill('pipe'),
      ...channel,
    ] as const;
    const startedAt = this.#clock.monotonic();
    const run = new ProcessRun(this.#file, args, {
      ...{ cwd, env, stdio, orphanSignal, clock: this.#clock },
      ...{ output: this.#output, logsStdout: stdout === 'log' },
      leavesDescendants: () => this.#options.leavesDescendants === true && !this.#closing,
    });
    if (run.pid === undefined) return run;
    this.#current = run;
    void run.ended.then((end) => this.#leave(end, startedAt));
    this.#logger.debug({ pid: run.pid }, 'Process started');
    this.emit('started', { pid: run.pid, restarts: this.#restarts });
    return run;
  }

  #leave(end: ProcessEnd, startedAt: number): void {
    this.#current = undefined;
    if (this.#closing) this.emit('exited', { ...end, expected: true });
    else this.#afterEnd(end, this.#clock.monotonic() - startedAt);
  }

  #afterEnd(end: ProcessEnd, ranMs: number): void {
    const { name, restart = 'never', random = Math.random } = this.#options;
    if (restart !== 'never') {
      if (ranMs >= restart.stableMs) this.#attempt = 0;
      const restartInMs = restartDelay(restart, this.#attempt, random());
      this.#attempt += 1;
      this.#cancelRestart = this.#clock.schedule(restartInMs, () => this.#restart());
      this.#logger.warn({ ...end, restartInMs, lastLines: this.lastLines.slice(-5) }, 'Process ended, restarting it');
      this.emit('exited', { ...end, expected: false, restartInMs });
      return;
    }
    this.emit('exited', { ...end, expected: false });
    if (end.code === 0) return;
    const how = end.signal === undefined ? `exit code ${end.code}` : `signal ${end.signal}`;
    this.emit('failed', new ProcessError(name, `ended with ${how}`, this.lastLines));
  }

  #restart(): void {
    this.#cancelRestart = undefined;
    this.#restarts += 1;
    const { pid, ended } = this.#run();
    if (pid === undefined) void ended.then((end) => this.#closing ?? this.#afterEnd(end, 0));
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    this.#cancelRestart?.();
    const run = this.#current;
    if (!run) return;
    const { stopSignal = 'SIGTERM', graceMs = 3000 } = this.#options;
    const exited = once(this, 'exited');
    run.signal(stopSignal);
    const cancelKill = this.#clock.schedule(graceMs, () => {
      this.#logger.warn({ pid: run.pid }, 'Process does not stop, killing it');
      run.signal('SIGKILL');
    });
    await exited;
    cancelKill();
  }
}
