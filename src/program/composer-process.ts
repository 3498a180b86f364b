import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { WorkerProcess } from '../process/worker-process.ts';
import type { FromComposer, ToComposer } from './composer-message.ts';

const program = fileURLToPath(new URL('../../workers/composer/main.ts', import.meta.url));

/** The interface of a composer, so that a test can replace it. */
export type ComposerLink = Pick<ComposerProcess, 'observer' | 'send' | 'hurry' | 'close'>;

/** The process that composes a room's program. It is restarted when it dies. */
export class ComposerProcess extends WorkerProcess<ToComposer, FromComposer> {
  /** @param maxMemory memory of the composer with its decoders and encoders, in bytes, above which it is replaced; 0: no limit */
  static start(logger: Logger, maxMemory = 0, clock?: Clock): ComposerProcess {
    return new ComposerProcess({
      name: 'composer',
      program,
      stop: { type: 'stop' },
      maxMemory,
      logger,
      ...(clock && { clock }),
    });
  }
}
