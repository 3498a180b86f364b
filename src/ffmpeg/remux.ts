import ffmpeg from 'fluent-ffmpeg';
import { ProcessError } from '../process/process-error.ts';
import { type FileJobOptions, runFileJob } from './file-job.ts';
import { packetCounts } from './packet-counts.ts';

/**
 * Copies the tracks of a media file into an MP4 with its index at the start. The output is verified: when the disk is full, ffmpeg may
 * write a file without an index and report success.
 * @param input absolute path
 * @param output absolute path; an existing file is overwritten. It is not synced to disk; after a failure it may be incomplete
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
