import type { Config } from './config.ts';
import type { Environment } from './environment.ts';

/** Players can start at a keyframe; more of them would cost bit rate. Milliseconds. */
const keyframeInterval = 1000;

/** The composed program, and HLS. */
export function readProgram(environment: Environment): Pick<Config, 'program' | 'hls' | 'anyCodec'> {
  return {
    program: {
      ...environment.require('SHOAL_PROGRAM_SIZE'),
      frameRate: environment.require('SHOAL_PROGRAM_FRAME_RATE'),
      keyframeInterval,
      videoBitrate: environment.require('SHOAL_PROGRAM_VIDEO_BITRATE'),
      audioBitrate: environment.require('SHOAL_PROGRAM_AUDIO_BITRATE'),
      audioChannels: environment.require('SHOAL_PROGRAM_STEREO') ? 2 : 1,
      showNames: environment.require('SHOAL_PROGRAM_NAMES'),
    },
    hls: {
      partDuration: environment.require('SHOAL_HLS_PART_MS'),
      segmentDuration: environment.require('SHOAL_HLS_SEGMENT_SECONDS'),
    },
    anyCodec: environment.require('SHOAL_ANY_CODEC'),
  };
}
