import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

export interface FilterProcessOptions {
  /** Name in log lines and errors. */
  readonly name: string;
  /** Arguments between `-hide_banner -loglevel error` and the output, which is standard output; the input is `pipe:0`. */
  readonly args: readonly string[];
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
}

/** An ffmpeg process, not started yet, from standard input to standard output. It runs as fast as its output is read. */
export function filterProcess({ name, args, logger, clock }: FilterProcessOptions): SupervisedProcess {
  return new SupervisedProcess({
    ...{ name, program: 'ffmpeg', args: ['-hide_banner', '-loglevel', 'error', ...args, 'pipe:1'] },
    ...{ logger, stdin: 'pipe', stdout: 'pipe' },
    // It has nothing to finish, and may be waiting for a reader that has stopped.
    stopSignal: 'SIGKILL',
    ...(clock && { clock }),
  });
}
