import type { Logger } from '../log/logger.ts';
import { SupervisedProcess, type SupervisedProcessOptions } from '../process/supervised-process.ts';

/**
 * An ffmpeg process, not started yet, from standard input (`pipe:0`) to standard output. It runs as fast as its output is read.
 * @param options `args` are all but the output; `stdin` is a pipe by default
 */
export function filterProcess(
  options: Pick<SupervisedProcessOptions, 'name' | 'args' | 'logger' | 'clock' | 'stdin'>,
): SupervisedProcess {
  return new SupervisedProcess({
    ...{ stdin: 'pipe', ...options, program: 'ffmpeg', stdout: 'pipe' },
    args: ['-hide_banner', '-loglevel', 'error', ...options.args, 'pipe:1'],
    // It has nothing to finish, and may be waiting for a reader that has stopped.
    stopSignal: 'SIGKILL',
  });
}

/** Encodes Opus for WebRTC. */
export const opusEncoder = ['-c:a', 'libopus', '-ac', '2', '-ar', '48000', '-b:a', '96k', '-frame_duration', '20'];

/** Transcodes the audio of an Ogg stream to Opus in Ogg: one packet per page, so that each packet is written at once. */
export function audioTranscoder(logger: Logger): SupervisedProcess {
  const output = ['-page_duration', '20000', '-flush_packets', '1', '-f', 'ogg'];
  const args = ['-f', 'ogg', '-i', 'pipe:0', '-map', '0:a:0', ...opusEncoder, ...output];
  return filterProcess({ name: 'audio-transcoder', args, logger });
}
