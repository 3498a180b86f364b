import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { frameMessage, MessageReader, messageOutput, ping } from './message-framing.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { type WorkerFault, WorkerWatch } from './worker-watch.ts';

export interface WorkerProcessOptions<To> {
  /** Name in log lines. */
  readonly name: string;
  /** Path of its entry, which uses a WorkerChannel. */
  readonly program: string;
  /** Message that asks it to finish. A SIGTERM follows, which it ignores or treats the same. */
  readonly stop: To;
  /** Time for it to finish, in ms. */
  readonly finishTime: number;
  /** Signal that it gets when this process dies. Default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
  /** Maximum memory of the worker and its descendants, in bytes; beyond it the worker is replaced. Default 0: no limit. */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Why a worker was lost: it ended by itself, or was killed for a fault. All fields are for the log. */
export type WorkerLoss = { readonly reason: 'ended'; readonly code?: number; readonly signal?: string } | WorkerFault;

/** `lost`: the worker is gone and being replaced; the new one reports again that it is ready. `failed`: it cannot be started. */
export interface WorkerProcessEvents<From> {
  message: [From];
  lost: [WorkerLoss];
  failed: [Error];
}

/** How soon a lost worker is replaced. */
const restart = { firstMs: 50, maxMs: 5000, stableMs: 10_000 };

/**
 * A composer or track recorder, with its messages (message-framing.ts). One that dies, does not respond or takes too much memory is
 * replaced.
 */
export class WorkerProcess<To, From> {
  readonly observer = new EventEmitter<WorkerProcessEvents<From>>();
  readonly #options: WorkerProcessOptions<To>;
  readonly #clock: Clock;
  readonly #process: SupervisedProcess;
  #watch: WorkerWatch | undefined;
  #fault: WorkerFault | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerProcessOptions<To>) {
    this.#options = options;
    const { name, program, finishTime, orphanSignal, logger, clock = systemClock } = options;
    this.#clock = clock;
    this.#process = new SupervisedProcess({
      ...{ name, program: process.execPath, args: [program], logger, clock },
      ...{ stdin: 'pipe', extraPipes: 1, restart, graceMs: finishTime },
      ...(orphanSignal && { orphanSignal }),
    });
    this.#process.on('started', ({ pid }) => this.#listen(pid));
    this.#process.on('exited', ({ expected, code, signal }) => {
      this.#watch?.close();
      const loss = this.#fault ?? { reason: 'ended', ...(code !== undefined && { code }), ...(signal && { signal }) };
      if (!expected && !this.#closing) this.observer.emit('lost', loss);
    });
    this.#process.start().catch((error: Error) => {
      if (!this.#closing) this.observer.emit('failed', error);
    });
  }

  /** For tests that kill it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Sends a message. It is dropped while no worker runs. */
  send(message: To): void {
    this.#write(frameMessage(message));
  }

  /** Lets the worker finish, then ends it. Idempotent. */
  close(): Promise<void> {
    this.#watch?.close();
    if (!this.#closing) this.send(this.#options.stop);
    this.#closing ??= this.#process.close();
    return this.#closing;
  }

  #write(frame: Buffer): void {
    const { stdin } = this.#process;
    if (stdin?.writable) stdin.write(frame);
  }

  #listen(pid: number): void {
    this.#fault = undefined;
    if (this.#closing) return;
    const watch = new WorkerWatch({
      ...{ pid, maxMemory: this.#options.maxMemory ?? 0, clock: this.#clock },
      ping: () => this.#write(ping),
      onFault: (fault) => {
        this.#fault = fault;
        this.#process.kill();
      },
    });
    this.#watch = watch;
    const reader = new MessageReader<From>((message) => this.observer.emit('message', message));
    this.#process.readable(messageOutput)?.on('data', (chunk: Buffer) => {
      watch.hear();
      reader.push(chunk);
    });
  }
}
