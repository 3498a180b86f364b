import type { FfmpegCommand } from 'fluent-ffmpeg';
import { type RunToEndOptions, runToEnd } from './run-to-end.ts';

export interface FileJobOptions extends Pick<RunToEndOptions, 'logger' | 'signal'> {
  /** Called about twice per second. @param seconds duration of the output so far */
  readonly onProgress?: ((seconds: number) => void) | undefined;
}

/**
 * Runs a file-to-file job of ffmpeg. fluent-ffmpeg only writes the command line: it would run ffmpeg with our whole environment, and twice
 * more to list its capabilities.
 * @param name in log lines and errors
 * @throws ProcessError when ffmpeg cannot be started or fails; the signal's reason. The incomplete output is left
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
