import type { Config } from './config.ts';
import type { Environment } from './environment.ts';

/** Players can start at a keyframe; more of them would cost bit rate. Milliseconds. */
const keyframeInterval = 1000;

/** The composed program, and HLS. */
export function readProgram(environment: Environment): Pick<Config, 'program' | 'hls' | 'rtmp' | 'anyCodec'> {
  return {
    program: {
      ...size(environment),
      frameRate: frameRate(environment),
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
    rtmp: { retryTime: environment.require('SHOAL_RTMP_RETRY_SECONDS') * 1000 },
    anyCodec: environment.require('SHOAL_ANY_CODEC'),
  };
}

/** A room has one program, which recorders take as well; their orchestrators have their own names for it. */
function size(environment: Environment) {
  const other = isUnset(environment, 'SHOAL_PROGRAM_SIZE') && environment.read('JIBRI_RECORDING_RESOLUTION');
  return other || environment.require('SHOAL_PROGRAM_SIZE');
}

function frameRate(environment: Environment): number {
  const other = isUnset(environment, 'SHOAL_PROGRAM_FRAME_RATE') && environment.read('JIBRI_RECORDING_FRAMERATE');
  return other || environment.require('SHOAL_PROGRAM_FRAME_RATE');
}

const isUnset = (environment: Environment, name: 'SHOAL_PROGRAM_SIZE' | 'SHOAL_PROGRAM_FRAME_RATE') =>
  environment.text(name) === undefined;
