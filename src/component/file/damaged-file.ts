import type { Logger } from '../../log/logger.ts';
import { ProcessError } from '../../process/process-error.ts';

/** The frames of a file: one that is damaged within ends there, like one that is cut off. */
export async function* untilDamaged<T>(frames: AsyncIterable<T>, logger: Logger): AsyncGenerator<T> {
  let begun = false;
  try {
    for await (const frame of frames) {
      begun = true;
      yield frame;
    }
  } catch (error) {
    const isOfSystem = error instanceof ProcessError || (error as NodeJS.ErrnoException).syscall !== undefined;
    if (!begun) logger.warn({ err: error }, 'A track of a file cannot be played.');
    if (!begun || isOfSystem) throw error;
    logger.warn({ err: error }, 'A file is damaged and ends early.');
  }
}
