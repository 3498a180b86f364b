import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../log/logger.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';
import type { FromMediaWorker, ToMediaWorker } from './media-message.ts';
import { frameMessage, MessageReader, messageOutput } from './message-framing.ts';

const program = fileURLToPath(new URL('../../workers/media/main.ts', import.meta.url));

/** How soon a worker that died is there again: viewers are waiting. */
const restart = { firstMs: 50, longestMs: 5000, stableMs: 10_000 };
/** Milliseconds that it has to flush what it holds. */
const flushTime = 2000;

/** What a program feed needs of its worker; a test may have another one. */
export interface MediaWorkerLink {
  /** `message`: from the worker. `lost`: it died and is being replaced; `ready` comes again. `failed`: it cannot be started. */
  readonly observer: EventEmitter<{ message: [FromMediaWorker]; lost: []; failed: [Error] }>;
  /** What is sent while no worker runs is dropped. */
  send(message: ToMediaWorker): void;
  /** Lets the worker flush, then ends it. Idempotent. */
  close(): Promise<void>;
}

/** The process that composes a room's program, with its messages. Restarted when it dies. */
export class MediaWorkerProcess implements MediaWorkerLink {
  readonly observer = new EventEmitter<{ message: [FromMediaWorker]; lost: []; failed: [Error] }>();
  readonly #process: SupervisedProcess;

  private constructor(logger: Logger) {
    this.#process = new SupervisedProcess({
      name: 'media worker',
      program: process.execPath,
      args: [program],
      logger,
      stdin: 'pipe',
      extraPipes: 1,
      restart,
      // It is asked by a message, which it obeys; this signal it passes over.
      stopSignal: 'SIGTERM',
      graceMs: flushTime,
    });
    this.#process.on('started', () => this.#listen());
    this.#process.on('exited', ({ expected }) => {
      if (!expected) this.observer.emit('lost');
    });
  }

  static start(logger: Logger): MediaWorkerProcess {
    const worker = new MediaWorkerProcess(logger);
    worker.#process.start().catch((error: Error) => worker.observer.emit('failed', error));
    return worker;
  }

  /** For tests that kill it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(message: ToMediaWorker): void {
    const { stdin } = this.#process;
    if (stdin && !stdin.destroyed) stdin.write(frameMessage(message));
  }

  async close(): Promise<void> {
    this.send({ type: 'stop' });
    await this.#process.close();
  }

  #listen(): void {
    const reader = new MessageReader<FromMediaWorker>((message) => this.observer.emit('message', message));
    this.#process.readable(messageOutput)?.on('data', (chunk: Buffer) => reader.push(chunk));
  }
}
