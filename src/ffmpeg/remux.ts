import ffmpeg from 'fluent-ffmpeg';
import { ProcessError } from '../process/process-error.ts';
import { type FileJobOptions, runFileJob } from './file-job.ts';
import { packetCounts } from './packet-counts.ts';

/**
 * Writes the tracks of a media file, as they are encoded, into an MP4 that players can start at once and seek in. The output is read
 * again: when the disk is full, ffmpeg may leave a file without its index and say that all is well.
 * @param input an absolute path
 * @param output an absolute path; what is there is overwritten. Not synced to the disk; after a failure it may be there in part
 * @throws ProcessError when ffmpeg cannot be started or fails, or not every packet of the input is in the output; the signal's reason
 */
export async function remux(input: string, output: string, options: FileJobOptions): Promise<void> {
  const command = ffmpeg(input).outputOptions('-map', '0', '-c', 'copy', '-movflags', '+faststart').format('mp4');
  await runFileJob('remux', command.output(output), options);
  const { logger, signal } = options;
  const reading = [input, output].map((path) => packetCounts(path, { logger, signal }));
  const [read = [], written = []] = await Promise.all(reading);
  if (read.length > 0 && read.join() === written.join()) return;
  throw new ProcessError('remux', `wrote ${written.join(' + ') || 'no'} packets of ${read.join(' + ') || 'none'}`);
}
