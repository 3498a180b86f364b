import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

export interface FilterProcessOptions {
  /** In log lines and errors. */
  readonly name: string;
  /** Between `-hide_banner -loglevel error` and the output, which is standard output; the input is `pipe:0`. */
  readonly args: readonly string[];
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
}

/** An ffmpeg, not started yet, from standard input to standard output. Its only bound is the speed of whoever reads. */
export function filterProcess({ name, args, logger, clock }: FilterProcessOptions): SupervisedProcess {
  return new SupervisedProcess({
    ...{ name, program: 'ffmpeg', args: ['-hide_banner', '-loglevel', 'error', ...args, 'pipe:1'] },
    ...{ logger, stdin: 'pipe', stdout: 'pipe' },
    // It has nothing to finish, and may be waiting for a reader that is gone.
    stopSignal: 'SIGKILL',
    ...(clock && { clock }),
  });
}
