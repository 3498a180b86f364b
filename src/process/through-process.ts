import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProcessError } from './process-error.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/**
 * Sends bytes through a process: what it writes, while it is given what it reads, each side no faster than the other. The process is
 * closed when the reader stops, whyever.
 * @param process not started yet, with pipes at both ends
 * @param signal ends the process at any time; the stream then just ends
 * @throws ProcessError when it cannot be started or ends badly; what the source throws
 */
export async function* throughProcess(
  process: SupervisedProcess,
  source: AsyncIterable<Buffer>,
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
  if (!stdin || !stdout) throw new Error('The process has no pipes.');
  let broken: unknown;
  const input = Readable.from(source);
  const writing = pipeline(input, stdin).catch((error: NodeJS.ErrnoException) => {
    // A process that reads no further has its reasons.
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
