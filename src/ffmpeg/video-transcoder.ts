import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { SupervisedProcess } from '../process/supervised-process.ts';
import { filterProcess } from './filter-process.ts';

export interface VideoTranscoderOptions {
  /** ffmpeg's input options, for instance `-f h264 -framerate 25`. */
  readonly input: readonly string[];
  /** Output codec: H264 as an Annex B byte stream, VP8 in IVF. */
  readonly codec: 'h264' | 'vp8';
  /**
   * Whether every frame must be output as soon as possible: then only the first packet is probed, and H264 keeps the user data (SEI) of
   * its frames.
   */
  readonly live: boolean;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** No B-frames; one output frame for every input frame; a keyframe every 60 frames. */
export const videoEncoders = {
  h264: [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-pix_fmt', 'yuv420p', '-bf', '0', '-g', '60', '-x264-params', 'scenecut=0:sliced-threads=0', '-threads', '1'],
  ],
  vp8: [
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-auto-alt-ref', '0'],
    ...['-pix_fmt', 'yuv420p', '-b:v', '2M', '-g', '60', '-threads', '1'],
  ],
} as const;

const formats = { h264: 'h264', vp8: 'ivf' } as const;

/** Rounds the size to even numbers: encoders of 4:2:0 refuse others. */
export const evenSize = 'scale=max(2\\,trunc(iw/2)*2):max(2\\,trunc(ih/2)*2)';

/** Without `-fflags nobuffer`, which would drop the frames that are read while probing. */
const atOnce = ['-fpsprobesize', '0', '-probesize', '32', '-analyzeduration', '0'];

/** Maximum number of pixels of a frame: 8K. Decoders keep more than a dozen frames, so larger ones would take gigabytes. */
const maxPixels = 7680 * 4320;

/** Decoder options for video that may be hostile. */
export const carefulDecoder = ['-threads', '1', '-max_pixels', String(maxPixels)];

/** An ffmpeg process, not started yet, from standard input to standard output. It runs as fast as its output is read. */
export function videoTranscoder({ input, codec, live, logger, clock }: VideoTranscoderOptions): SupervisedProcess {
  const decoder = [...carefulDecoder, ...(live ? atOnce : []), ...input];
  const userData = live && codec === 'h264' ? ['-udu_sei', '1'] : [];
  const filter = ['-map', '0:v:0', '-vf', evenSize, '-fps_mode', 'passthrough', ...userData];
  const output = ['-flush_packets', '1', '-f', formats[codec]];
  const args = [...decoder, '-i', 'pipe:0', ...filter, ...videoEncoders[codec], ...output];
  return filterProcess({ name: 'video-transcoder', args, logger, ...(clock && { clock }) });
}
