import { EventEmitter } from 'node:events';
import { type Clock, systemClock, timeOriginArgument } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { SocketChannel } from './child.ts';
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
  /** Signal that it gets when this process dies. Default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
  /** Maximum memory of the worker and its descendants, in bytes; beyond it the worker is replaced. Default 0: no limit. */
  readonly maxMemory?: number | undefined;
  /** Whether connections are passed to it. Default false. */
  readonly takesSockets?: boolean;
  /** Time that a worker which responds has to finish, in ms. Default 30 s: on a busy machine much may wait to be encoded or written. */
  readonly finishTimeout?: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Why a worker was lost: it ended by itself, or was killed for a fault. All fields are for the log. */
export type WorkerLoss =
  | { readonly reason: 'ended'; readonly code?: number; readonly signal?: string }
  | { readonly reason: 'unfinished' | 'unread messages' }
  | WorkerFault;

/** `started`: it reads messages. `lost`: the worker is gone and being replaced; the new one reports again that it is ready. `failed`: it cannot be started. */
export interface WorkerProcessEvents<From> {
  started: [];
  message: [From];
  lost: [WorkerLoss];
  failed: [Error];
}

/** How soon a lost worker is replaced. */
const restart = { firstMs: 50, maxMs: 5000, stableMs: 10_000 };
/** Maximum time for a worker that responds to finish, in ms: on a busy machine much may wait to be encoded or written. */
export const finishTimeout = 30_000;
/** The same when the server stops, which does not wait longer. */
const hurriedFinishTimeout = 2000;

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
  #fault: WorkerLoss | undefined;
  #hurried = false;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerProcessOptions<To>) {
    this.#options = options;
    const { name, program, orphanSignal, takesSockets, logger, clock = systemClock } = options;
    const graceMs = options.finishTimeout ?? finishTimeout;
    this.#clock = clock;
    this.#process = new SupervisedProcess({
      ...{ name, program: process.execPath, args: [program, timeOriginArgument(clock)], logger, clock },
      ...{ stdin: 'pipe', extraPipes: 1, restart, graceMs },
      ...(orphanSignal && { orphanSignal }),
      ...(takesSockets && { takesSockets }),
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

  /** The channel for connections of the current worker; only with `takesSockets`. */
  get sockets(): SocketChannel | undefined {
    return this.#process.sockets;
  }

  /** Number of restarts. */
  get restarts(): number {
    return this.#process.restarts;
  }

  /** Bytes that the worker has not read yet. */
  get unread(): number {
    return this.#process.stdin?.writableLength ?? 0;
  }

  /** Resolves when the worker has read everything, or is gone. */
  async drained(): Promise<void> {
    const { stdin } = this.#process;
    if (!stdin?.writable || stdin.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        stdin.off('drain', settle);
        stdin.off('close', settle);
        resolve();
      };
      stdin.on('drain', settle);
      stdin.on('close', settle);
    });
  }

  /** Sends a message. It is dropped while no worker runs. */
  send(message: To): void {
    this.sendFrame(frameMessage(message));
  }

  /** The same for a message that several workers get. @param frame of {@link frameMessage} */
  sendFrame(frame: Buffer): void {
    this.#write(frame);
  }

  /** Replaces a worker that has not finished a part of its work in time, or does not read its messages. */
  replace(reason: 'unfinished' | 'unread messages' = 'unfinished'): void {
    this.#fault ??= { reason };
    this.#process.kill();
  }

  /** Lets the worker finish, then ends it. One that does not respond any more is killed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Shortens the time to finish, now or later: the server stops. Idempotent. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    if (this.#closing) this.#limitFinish(this.#closing);
  }

  async #close(): Promise<void> {
    this.send(this.#options.stop);
    const closing = this.#process.close();
    if (this.#hurried) this.#limitFinish(closing);
    await closing;
  }

  #limitFinish(closing: Promise<void>): void {
    const cancel = this.#clock.schedule(hurriedFinishTimeout, () => this.#killUnfinished({ reason: 'server stops' }));
    void closing.then(cancel);
  }

  #killUnfinished(fields: object): void {
    this.#options.logger.warn(fields, 'A worker is killed before it has finished.');
    this.#process.kill();
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
        if (!this.#closing) this.#process.kill();
        // it may take what it needs to finish
        else if (fault.reason === 'no response') this.#killUnfinished(fault);
      },
    });
    this.#watch = watch;
    this.observer.emit('started');
    const reader = new MessageReader<From>((message) => this.observer.emit('message', message));
    this.#process.readable(messageOutput)?.on('data', (chunk: Buffer) => {
      watch.hear();
      reader.push(chunk);
    });
  }
}
