import ffmpeg from 'fluent-ffmpeg';
import { ProcessError } from '../process/process-error.ts';
import { type FileJobOptions, runFileJob } from './file-job.ts';
import { trackDigests } from './track-digests.ts';

export interface CompositeInput {
  /** Absolute path. */
  readonly path: string;
  readonly kind: 'audio' | 'video';
  /** Added to the times of the file, in seconds. */
  readonly offset: number;
}

/** The inputs and filters of a composite. */
export interface Composite {
  readonly inputs: readonly CompositeInput[];
  /** Chains of ffmpeg filters from the inputs, by their index, to `[video]` and `[audio]`. */
  readonly filters: readonly string[];
  /** In seconds. */
  readonly duration: number;
  readonly frameRate: number;
  readonly audioChannels: 1 | 2;
}

/** Time that may be missing at the end of a track, in seconds: it ends with a whole frame. */
const tolerance = 0.5;

/**
 * Writes an MP4 with H264 and AAC, with its index at the start.
 * @param output absolute path; an existing file is overwritten
 * @param options `onProgress` is called with a fraction from 0 to 1
 * @throws ProcessError when ffmpeg cannot be started or fails, or its output is not whole; the signal's reason
 */
export async function writeComposite(composite: Composite, output: string, options: FileJobOptions): Promise<void> {
  const { inputs, filters, duration, frameRate, audioChannels } = composite;
  const { onProgress, ...others } = options;
  const command = ffmpeg();
  for (const { path, kind, offset } of inputs) {
    command.input(path).inputOptions('-itsoffset', offset.toFixed(3));
    // VP8 may change its size within a file: `scale` follows it, while a new filter graph would restart.
    if (kind === 'video') command.inputOptions('-reinit_filter', '0');
  }
  command
    .complexFilter([...filters], ['video', 'audio'])
    .output(output)
    .format('mp4')
    .duration(duration.toFixed(3));
  command
    .videoCodec('libx264')
    .audioCodec('aac')
    .audioBitrate('128k')
    .audioFrequency(48_000)
    .audioChannels(audioChannels);
  command.outputOptions('-preset', 'veryfast', '-crf', '21', '-pix_fmt', 'yuv420p', '-g', String(2 * frameRate));
  command.outputOptions('-movflags', '+faststart');
  await runFileJob('composite', command, { ...others, onProgress: (seconds) => onProgress?.(seconds / duration) });
  // When the disk is full, ffmpeg may leave a file that has no index, or ends too early, and say that all is well.
  const ends = (await trackDigests(output, others)).map(({ end }) => end);
  if (ends.length === 2 && ends.every((end) => end > duration - tolerance)) return;
  throw new ProcessError('composite', `wrote ${ends.join(' and ') || 0} of ${duration} seconds`);
}
