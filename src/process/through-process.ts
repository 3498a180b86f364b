import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProcessError } from './process-error.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/**
 * Pipes a source through a process and yields its output, with back-pressure on both sides. The process is closed when the reader
 * stops for any reason.
 * @param process not started yet, with pipes for standard output and, if there is a source, for standard input
 * @param signal ends the process at any time; the stream then ends without an error
 * @throws ProcessError when it cannot be started or fails; errors of the source
 */
export async function* throughProcess(
  process: SupervisedProcess,
  source: AsyncIterable<Buffer> | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let failure: ProcessError | undefined;
  process.once('failed', (error) => {
    failure = error;
  });
  const exited = once(process, 'exited');
  const abort = () => void process.close();
  signal.throwIfAborted();
  await process.start();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const { stdin, stdout } = process;
  if (!stdout || (source && !stdin)) throw new Error('The process has no pipes.');
  let broken: unknown;
  const input = Readable.from(source ?? []);
  const writing =
    stdin &&
    pipeline(input, stdin).catch((error: NodeJS.ErrnoException) => {
      // A process may stop reading without an error.
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
      broken = error;
    });
  try {
    for await (const chunk of stdout) yield chunk as Buffer;
    await Promise.all([exited, writing]);
    if (signal.aborted) return;
    if (broken !== undefined) throw broken;
    if (failure) throw failure;
  } finally {
    signal.removeEventListener('abort', abort);
    input.destroy();
    await process.close();
    await writing;
  }
}
