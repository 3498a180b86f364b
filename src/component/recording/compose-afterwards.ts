import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProgramConfig } from '../../config/program.ts';
import type { Logger } from '../../log/logger.ts';
import type { ProcessEnd } from '../../process/child.ts';
import { ProcessError } from '../../process/process-error.ts';
import { SupervisedProcess } from '../../process/supervised-process.ts';

const program = fileURLToPath(new URL('../../../workers/compose/main.ts', import.meta.url));

export interface ComposeOptions {
  /** Folder of a recording with its report. */
  readonly folder: string;
  /** Frame size, frame rate and number of audio channels. */
  readonly settings: Pick<ProgramConfig, 'width' | 'height' | 'frameRate' | 'audioChannels'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Composes a recording from its tracks, as `npm run compose` does.
 * @throws ProcessError with the reason; the signal's reason, or an AbortError, when it is aborted
 */
export async function composeAfterwards({ folder, settings, logger, signal }: ComposeOptions): Promise<void> {
  signal.throwIfAborted();
  const { width, height, frameRate, audioChannels } = settings;
  const args = [program, folder, `${width}x${height}@${frameRate}`, audioChannels === 1 ? 'mono' : 'stereo'];
  const compose = new SupervisedProcess({ name: 'compose', program: process.execPath, args, logger, graceMs: 1000 });
  try {
    await compose.start();
    const [{ code }] = (await once(compose, 'exited', { signal })) as [ProcessEnd];
    if (code !== 0) throw new ProcessError('compose', 'could not make a composite', compose.lastLines);
  } finally {
    await compose.close();
  }
}
