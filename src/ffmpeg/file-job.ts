import { once } from 'node:events';
import type { FfmpegCommand } from 'fluent-ffmpeg';
import type { Logger } from '../log/logger.ts';
import type { ProcessEnd } from '../process/child.ts';
import { LineReader } from '../process/line-reader.ts';
import { ProcessError } from '../process/process-error.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

export interface FileJobOptions {
  readonly logger: Logger;
  /** Ends ffmpeg at any time; what it has written so far stays. */
  readonly signal?: AbortSignal | undefined;
  /** Called about twice a second. @param seconds of the output that are written */
  readonly onProgress?: ((seconds: number) => void) | undefined;
}

/**
 * Runs an ffmpeg that makes a file of files. fluent-ffmpeg writes its command line and no more: a run of its own would hand our whole
 * environment on, and start ffmpeg twice more to list what it can do.
 * @param name in log lines and errors
 * @throws ProcessError when ffmpeg cannot be started or fails; the signal's reason
 */
export async function runFileJob(name: string, command: FfmpegCommand, options: FileJobOptions): Promise<void> {
  const { logger, signal, onProgress } = options;
  signal?.throwIfAborted();
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-nostats', '-progress', 'pipe:1'];
  const args = [...quiet, ...command._getArguments()];
  const ffmpeg = new SupervisedProcess({
    name,
    program: 'ffmpeg',
    args,
    logger,
    stdout: 'pipe',
    stopSignal: 'SIGKILL',
  });
  const exited = once(ffmpeg, 'exited') as Promise<[ProcessEnd]>;
  const abort = () => void ffmpeg.close();
  try {
    await ffmpeg.start();
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    const progress = new LineReader((line) => {
      const [, micros] = /^out_time_us=(\d+)$/.exec(line) ?? [];
      if (micros !== undefined) onProgress?.(Number(micros) / 1e6);
    });
    ffmpeg.stdout?.on('data', (chunk: Buffer) => progress.push(chunk));
    const [end] = await exited;
    signal?.throwIfAborted();
    if (end.code !== 0)
      throw new ProcessError(name, `ended with ${end.signal ?? `exit code ${end.code}`}`, ffmpeg.lastLines);
  } finally {
    signal?.removeEventListener('abort', abort);
    await ffmpeg.close();
  }
}
