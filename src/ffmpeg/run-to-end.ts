import { systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { LineReader } from '../process/line-reader.ts';
import { OutputLog } from '../process/output-log.ts';
import { ProcessError } from '../process/process-error.ts';
import { ProcessRun } from '../process/process-run.ts';

export interface RunToEndOptions {
  /** Name in log lines and errors. */
  readonly name: string;
  readonly program: 'ffmpeg' | 'ffprobe';
  readonly args: readonly string[];
  /** Called for each line of standard output. */
  readonly onLine: (line: string) => void;
  /** Logs standard error. By default it is in errors only. */
  readonly logger?: Logger | undefined;
  /** Kills the program. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program that needs no input until it ends. @throws ProcessError when it fails; the signal's reason */
export async function runToEnd({ name, program, args, onLine, logger, signal }: RunToEndOptions): Promise<void> {
  signal?.throwIfAborted();
  const output = new OutputLog(logger?.child({ process: name }), systemClock);
  const run = new ProcessRun(program, args, { stdio: ['ignore', 'pipe', 'pipe'], output, clock: systemClock });
  const lines = new LineReader(onLine);
  run.readable(1)?.on('data', (chunk: Buffer) => lines.push(chunk));
  const abort = () => run.signal('SIGKILL');
  signal?.addEventListener('abort', abort);
  const end = await run.ended;
  await run.drained;
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  lines.end();
  if (end.code === 0) return;
  const how = end.error
    ? `could not be started: ${end.error.message}`
    : `ended with ${end.signal ?? `exit code ${end.code}`}`;
  throw new ProcessError(name, how, output.lastLines);
}
