import { EventEmitter } from 'node:events';
import type { Logger } from '../log/logger.ts';
import { frameMessage, MessageReader, messageOutput } from './message-framing.ts';
import { SupervisedProcess } from './supervised-process.ts';

export interface WorkerProcessOptions<To> {
  /** As in the log. */
  readonly name: string;
  /** Path of its entry. */
  readonly program: string;
  /** What asks it to finish. A SIGTERM follows, which it passes over or takes for the same. */
  readonly stop: To;
  /** Milliseconds that it has to finish. */
  readonly finishTime: number;
  /** What it gets when we die. Default SIGKILL. */
  readonly orphanSignal?: NodeJS.Signals;
  readonly logger: Logger;
}

/** `lost`: it died and is being replaced; it will say again that it is ready. `failed`: it cannot be started. */
export interface WorkerProcessEvents<From> {
  message: [From];
  lost: [];
  failed: [Error];
}

/** How soon a worker that died is there again. */
const restart = { firstMs: 50, longestMs: 5000, stableMs: 10_000 };

/** A process of ours that media is entrusted to, with its messages (message-framing.ts). Restarted when it dies. */
export class WorkerProcess<To, From> {
  readonly observer = new EventEmitter<WorkerProcessEvents<From>>();
  readonly #stop: To;
  readonly #process: SupervisedProcess;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerProcessOptions<To>) {
    this.#stop = options.stop;
    const { name, program, finishTime, orphanSignal, logger } = options;
    this.#process = new SupervisedProcess({
      name,
      program: process.execPath,
      args: [program],
      logger,
      stdin: 'pipe',
      extraPipes: 1,
      restart,
      graceMs: finishTime,
      ...(orphanSignal && { orphanSignal }),
    });
    this.#process.on('started', () => this.#listen());
    this.#process.on('exited', ({ expected }) => {
      if (!expected && !this.#closing) this.observer.emit('lost');
    });
    this.#process.start().catch((error: Error) => {
      if (!this.#closing) this.observer.emit('failed', error);
    });
  }

  /** For tests that kill it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What is sent while no worker runs is dropped. */
  send(message: To): void {
    const { stdin } = this.#process;
    if (stdin?.writable) stdin.write(frameMessage(message));
  }

  /** Lets the worker finish, then ends it. Idempotent. */
  close(): Promise<void> {
    if (!this.#closing) this.send(this.#stop);
    this.#closing ??= this.#process.close();
    return this.#closing;
  }

  #listen(): void {
    const reader = new MessageReader<From>((message) => this.observer.emit('message', message));
    this.#process.readable(messageOutput)?.on('data', (chunk: Buffer) => reader.push(chunk));
  }
}
