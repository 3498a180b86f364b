import { fileURLToPath } from 'node:url';
import type { Logger } from '../log/logger.ts';
import { WorkerProcess } from '../process/worker-process.ts';
import type { FromComposer, ToComposer } from './composer-message.ts';

const program = fileURLToPath(new URL('../../workers/composer/main.ts', import.meta.url));

/** Milliseconds that it has to flush what it holds. */
const flushTime = 2000;

/** What a program feed needs of its composer; a test may have another one. */
export type ComposerLink = Pick<ComposerProcess, 'observer' | 'send' | 'close'>;

/** The process that composes a room's program, with its messages. Restarted when it dies. */
export class ComposerProcess extends WorkerProcess<ToComposer, FromComposer> {
  /** @param maxMemory bytes that it may hold, with its decoders and encoders, before it is replaced; 0: any number */
  static start(logger: Logger, maxMemory = 0): ComposerProcess {
    return new ComposerProcess({
      name: 'composer',
      program,
      stop: { type: 'stop' },
      finishTime: flushTime,
      maxMemory,
      logger,
    });
  }
}
