import type { FfmpegCommand } from 'fluent-ffmpeg';
import { type RunToEndOptions, runToEnd } from './run-to-end.ts';

export interface FileJobOptions extends Pick<RunToEndOptions, 'logger' | 'signal'> {
  /** Called about twice a second. @param seconds of the output that are written */
  readonly onProgress?: ((seconds: number) => void) | undefined;
}

/**
 * Runs an ffmpeg that makes a file of files. fluent-ffmpeg writes its command line and no more: a run of its own would hand our whole
 * environment on, and start ffmpeg twice more to list what it can do.
 * @param name in log lines and errors
 * @throws ProcessError when ffmpeg cannot be started or fails; the signal's reason. What was written so far is then left
 */
export function runFileJob(name: string, command: FfmpegCommand, options: FileJobOptions): Promise<void> {
  const { onProgress, ...others } = options;
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-nostats', '-progress', 'pipe:1'];
  const args = [...quiet, ...command._getArguments()];
  const onLine = (line: string) => {
    const [, micros] = /^out_time_us=(\d+)$/.exec(line) ?? [];
    if (micros !== undefined) onProgress?.(Number(micros) / 1e6);
  };
  return runToEnd({ ...others, name, program: 'ffmpeg', args, onLine });
}
