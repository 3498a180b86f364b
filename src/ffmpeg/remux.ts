import ffmpeg from 'fluent-ffmpeg';
import { type FileJobOptions, runFileJob } from './file-job.ts';

/**
 * Writes the tracks of a media file, as they are encoded, into an MP4 that players can start at once and seek in.
 * @param input an absolute path
 * @param output an absolute path; what is there is overwritten. Not synced to the disk; after a failure it may be there in part
 * @throws ProcessError when ffmpeg cannot be started or fails; the signal's reason
 */
export function remux(input: string, output: string, options: FileJobOptions): Promise<void> {
  const command = ffmpeg(input).outputOptions('-map', '0', '-c', 'copy', '-movflags', '+faststart').format('mp4');
  return runFileJob('remux', command.output(output), options);
}
