import type { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../log/logger.ts';
import { WorkerProcess } from '../process/worker-process.ts';
import type { FromMediaWorker, ToMediaWorker } from './composer-message.ts';

const program = fileURLToPath(new URL('../../workers/composer/main.ts', import.meta.url));

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
export class MediaWorkerProcess extends WorkerProcess<ToMediaWorker, FromMediaWorker> implements MediaWorkerLink {
  static start(logger: Logger): MediaWorkerProcess {
    return new MediaWorkerProcess({
      name: 'media worker',
      program,
      stop: { type: 'stop' },
      finishTime: flushTime,
      logger,
    });
  }
}
