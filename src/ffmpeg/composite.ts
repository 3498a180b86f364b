import ffmpeg from 'fluent-ffmpeg';
import { ProcessError } from '../process/process-error.ts';
import { type FileJobOptions, runFileJob } from './file-job.ts';
import { packetCounts } from './packet-counts.ts';

export interface CompositeInput {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'audio' | 'video';
  /** Seconds that are added to the times of the file. */
  readonly offset: number;
}

/** Several files as one. */
export interface Composite {
  readonly inputs: readonly CompositeInput[];
  /** Chains of ffmpeg filters that lead from the inputs, by their number, to `[video]` and `[audio]`. */
  readonly filters: readonly string[];
  /** Seconds. */
  readonly duration: number;
  readonly frameRate: number;
  readonly audioChannels: 1 | 2;
}

/**
 * Writes an MP4 with H264 and AAC that players can start at once and seek in.
 * @param output an absolute path; what is there is overwritten
 * @param options `onProgress` gets a share, from 0 to 1
 * @throws ProcessError when ffmpeg cannot be started or fails, or its output cannot be read; the signal's reason
 */
export async function writeComposite(composite: Composite, output: string, options: FileJobOptions): Promise<void> {
  const { inputs, filters, duration, frameRate, audioChannels } = composite;
  const { onProgress, ...others } = options;
  const command = ffmpeg();
  for (const { path, kind, offset } of inputs) {
    command.input(path).inputOptions('-itsoffset', offset.toFixed(3));
    // VP8 changes its size within a file: `scale` follows it, while a new graph would begin from the start.
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
  // When the disk is full, ffmpeg may leave a file without its index and say that all is well.
  const counts = await packetCounts(output, others);
  if (counts.length < 2 || counts.includes(0)) throw new ProcessError('composite', `wrote tracks of ${counts} packets`);
}
