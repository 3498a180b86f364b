import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import type { Environment, ValueOf } from './environment.ts';

/** Players can start at a keyframe; more of them would cost bit rate. Milliseconds. */
const keyframeInterval = 1000;

/** The composed program, and HLS. */
export function readProgram(environment: Environment): Pick<Config, 'program' | 'hls' | 'rtmp' | 'anyCodec'> {
  return {
    program: {
      ...size(environment),
      frameRate: frameRate(environment),
      keyframeInterval,
      partDuration: environment.require('SHOAL_HLS_PART_MS'),
      videoBitrate: environment.require('SHOAL_PROGRAM_VIDEO_BITRATE'),
      audioBitrate: environment.require('SHOAL_PROGRAM_AUDIO_BITRATE'),
      audioChannels: environment.require('SHOAL_PROGRAM_STEREO') ? 2 : 1,
      showNames: environment.require('SHOAL_PROGRAM_NAMES'),
    },
    hls: { segmentDuration: environment.require('SHOAL_HLS_SEGMENT_SECONDS') },
    rtmp: { retryTime: environment.require('SHOAL_RTMP_RETRY_SECONDS') * 1000 },
    anyCodec: environment.require('SHOAL_ANY_CODEC'),
  };
}

/** A room has one program, which recorders take as well; their orchestrators have their own names for it. */
function size(environment: Environment) {
  return otherName(environment, 'SHOAL_PROGRAM_SIZE', 'JIBRI_RECORDING_RESOLUTION');
}

function frameRate(environment: Environment): number {
  return otherName(environment, 'SHOAL_PROGRAM_FRAME_RATE', 'JIBRI_RECORDING_FRAMERATE');
}

/** The value of a variable, else that of its other name; the operator hears of it when both are set and differ. */
function otherName<N extends 'SHOAL_PROGRAM_SIZE' | 'SHOAL_PROGRAM_FRAME_RATE'>(
  environment: Environment,
  name: N,
  other: N extends 'SHOAL_PROGRAM_SIZE' ? 'JIBRI_RECORDING_RESOLUTION' : 'JIBRI_RECORDING_FRAMERATE',
): ValueOf<N> {
  const own = environment.require(name);
  const given = environment.read(other) as ValueOf<N> | undefined;
  if (given === undefined) return own;
  if (environment.text(name) === undefined) return given;
  if (!isDeepStrictEqual(own, given)) {
    environment.warnings.push(`The environment variable ${other} is ignored: a room has one picture, that of ${name}.`);
  }
  return own;
}
