import ffmpeg from 'fluent-ffmpeg';
import { ProcessError } from '../process/process-error.ts';
import { type FileJobOptions, runFileJob } from './file-job.ts';
import { type TrackDigest, trackDigests } from './track-digests.ts';

/** Tolerance between the durations of two files with the same packets, in seconds: their time units differ. */
const tolerance = 0.1;

/**
 * Copies the tracks of a media file into an MP4 with its index at the start. The output is verified: when the disk is full, ffmpeg may
 * write a file without an index and report success.
 * @param input absolute path
 * @param output absolute path; an existing file is overwritten. It is not synced to disk; after a failure it may be incomplete
 * @throws ProcessError when ffmpeg cannot be started or fails, or the packets of the output are not those of the input; the signal's reason
 */
export async function remux(input: string, output: string, options: FileJobOptions): Promise<void> {
  const command = ffmpeg(input).outputOptions('-map', '0', '-c', 'copy', '-movflags', '+faststart').format('mp4');
  await runFileJob('remux', command.output(output), options);
  const { logger, signal } = options;
  const reading = [input, output].map((path) => trackDigests(path, { logger, signal }));
  const [read = [], written = []] = await Promise.all(reading);
  const isSame = ({ digest, end }: TrackDigest, index: number) =>
    written[index]?.digest === digest && Math.abs(written[index].end - end) < tolerance;
  if (read.length > 0 && read.length === written.length && read.every(isSame)) return;
  const count = (tracks: readonly TrackDigest[]) => tracks.map(({ packets }) => packets).join(' + ');
  throw new ProcessError('remux', `wrote ${count(written) || 'no'} packets of ${count(read) || 'none'}`);
}
