import type { Logger } from '../log/logger.ts';
import type { SupervisedProcess } from '../process/supervised-process.ts';
import { filterProcess, opusEncoder } from './filter-process.ts';
import { carefulDecoder, evenSize, videoEncoders } from './video-transcoder.ts';

/** Clockwise, in degrees, and then mirrored horizontally. */
export interface Orientation {
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flip: boolean;
}

export type FileTranscoderOutput =
  | { readonly codec: 'opus' }
  | ({ readonly codec: 'h264' | 'vp8' } & Orientation)
  /** The track has this codec already. */
  | { readonly codec: 'opus' | 'h264' | 'vp8'; readonly copy: true };

export interface FileTranscoderOptions {
  /** File descriptor of a seekable file. Its own position is not used. */
  readonly fd: number;
  /** ffmpeg's name of the format: others are not tried, as some of them open further files. */
  readonly format: 'mov' | 'matroska';
  /** Index of the track among those of its kind. */
  readonly track: number;
  readonly output: FileTranscoderOutput;
  readonly logger: Logger;
}

const rotations = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;

/**
 * An ffmpeg process, not started yet, that transcodes one track of a file as a player would show it: with its edit list, upright. It writes
 * Matroska with the times of the file.
 */
export function fileTranscoder({ fd, format, track, output, logger }: FileTranscoderOptions): SupervisedProcess {
  // the path opens the same file again: other than a pipe it is seekable
  const source = ['-protocol_whitelist', 'file', '-autorotate', '0', '-f', format, '-i', 'file:/proc/self/fd/0'];
  const input = ['-copyts', ...carefulDecoder, ...source];
  const kind = output.codec === 'opus' ? 'a' : 'v';
  // a cluster for each frame, written at once
  const muxer = ['-avoid_negative_ts', 'disabled', '-cluster_time_limit', '1', '-flush_packets', '1', '-live', '1'];
  const args = [...input, '-map', `0:${kind}:${track}`, ...encoderFor(output), ...muxer, '-f', 'matroska'];
  return filterProcess({ name: 'file-transcoder', args, logger, stdin: fd });
}

function encoderFor(output: FileTranscoderOutput): readonly string[] {
  if ('copy' in output) return ['-c', 'copy'];
  return 'rotation' in output ? videoOutput(output) : opusEncoder;
}

function videoOutput({ codec, rotation, flip }: { codec: 'h264' | 'vp8' } & Orientation): string[] {
  const filters = [...rotations[rotation], ...(flip ? ['hflip'] : []), evenSize];
  // times in the unit of the file, not of a constant frame rate
  const timing = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
  return ['-vf', filters.join(','), ...timing, ...videoEncoders[codec]];
}
