import { isDeepStrictEqual } from 'node:util';
import type { Environment } from './environment.ts';
import { boolean, frameSize, integer, integerWithin, oneOf } from './text-form.ts';
import { type Variable, variable } from './variable.ts';

/** Milliseconds between keyframes: players can start at each, and each costs bit rate. */
const keyframeInterval = 1000;

/** What the program of a room looks like. */
export const formatVariables = {
  size: variable('SHOAL_PROGRAM_SIZE', {
    description: 'Size of the video of HLS, recordings and RTMP, in pixels; both numbers even.',
    form: frameSize,
    default: '1920x1080',
  }),
  frameRate: variable('SHOAL_PROGRAM_FRAME_RATE', {
    description: 'Frames per second. Each frame costs CPU time: halve the rate where the CPU is slow.',
    form: integerWithin(1, 120),
    default: '24',
  }),
};

/** Orchestrators of recorders have their own names for it. */
export const otherFormatVariables = {
  size: variable('JIBRI_RECORDING_RESOLUTION', {
    description: 'Another name of `SHOAL_PROGRAM_SIZE`, which takes precedence: a room has one video for all outputs.',
    form: frameSize,
  }),
  frameRate: variable('JIBRI_RECORDING_FRAMERATE', {
    description: 'Another name of `SHOAL_PROGRAM_FRAME_RATE`, which takes precedence.',
    form: integerWithin(1, 120),
  }),
};

/** How it is encoded: our own additions. */
export const programVariables = {
  videoBitrate: variable('SHOAL_PROGRAM_VIDEO_BITRATE', {
    description: 'Bit rate of the video, in bit/s.',
    form: integerWithin(50_000, 100_000_000),
    default: '3000000',
  }),
  preset: variable('SHOAL_PROGRAM_PRESET', {
    description:
      'Preset of the video encoder: `veryfast`, `superfast` or `ultrafast`. Faster ones save CPU time and look worse at the same bit rate.',
    form: oneOf(['veryfast', 'superfast', 'ultrafast']),
    default: 'veryfast',
  }),
  audioBitrate: variable('SHOAL_PROGRAM_AUDIO_BITRATE', {
    description: 'Bit rate of the audio, in bit/s.',
    form: integerWithin(16_000, 512_000),
    default: '96000',
  }),
  audioChannels: variable('SHOAL_PROGRAM_STEREO', {
    description: '`true`: stereo; `false`: mono, as in Fishjam.',
    form: (name) => boolean(name).transform((stereo): 1 | 2 => (stereo ? 2 : 1)),
    default: 'false',
  }),
  showNames: variable('SHOAL_PROGRAM_NAMES', {
    description: '`true`: the tile of a peer shows `displayName` or `name` of its metadata.',
    form: boolean,
    default: 'false',
  }),
  partDuration: variable('SHOAL_HLS_PART_MS', {
    description:
      'Maximum duration of a part of low-latency HLS, in ms. Viewers are about three parts and 0.3 s behind.',
    form: integerWithin(100, 10_000),
    default: '200',
  }),
};

export const hlsVariables = {
  segmentDuration: variable('SHOAL_HLS_SEGMENT_SECONDS', {
    description:
      'Duration of a segment of low-latency HLS, in seconds. Segments of regular HLS are three times as long.',
    form: integerWithin(1, 60),
    default: '2',
  }),
  passthrough: variable('SHOAL_PROGRAM_PASSTHROUGH', {
    description:
      '`auto`: the H264 video of a camera or file that is alone in its room goes to HLS as it is, without being decoded and encoded; `off`: never.',
    form: (name) => oneOf(['auto', 'off'])(name).transform((word) => word === 'auto'),
    default: 'off',
  }),
};

/** Processes that serve viewers. */
export const edgesVariable = variable('SHOAL_HLS_EDGES', {
  description:
    'Processes that serve viewers of HLS, so that a crowd of them does not delay calls; about 50 MB each. They start with the first viewer. `0`: the server itself serves them.',
  form: integerWithin(0, 64),
  defaultText: 'number of CPU cores less one, at most 4',
});

/** Most edges by default. */
const maxStandardEdges = 4;

export function readHls(environment: Environment, cores: number) {
  const edges = environment.read<number | undefined>(edgesVariable) ?? Math.min(cores - 1, maxStandardEdges);
  return { ...environment.readAll(hlsVariables), edges };
}

export const rtmpVariables = {
  /** Milliseconds. */
  retryTime: variable('SHOAL_RTMP_RETRY_SECONDS', {
    description: 'Time, in seconds, for which a lost RTMP server is retried before the stream fails.',
    form: integer(1, 1000),
    default: '60',
  }),
};

export const anyCodecVariable = variable('SHOAL_ANY_CODEC', {
  description:
    '`true`: HLS and Recording components may be added to rooms of any video codec; `false`: to rooms that enforce H264, as in Fishjam.',
  form: boolean,
  default: 'false',
});

export type ProgramConfig = ReturnType<typeof readProgram>;

/** How rooms are composed. */
export function readProgram(environment: Environment) {
  return {
    ...withOtherName(environment, formatVariables.size, otherFormatVariables.size),
    frameRate: withOtherName(environment, formatVariables.frameRate, otherFormatVariables.frameRate),
    keyframeInterval,
    ...environment.readAll(programVariables),
  };
}

/** The value of a variable, else that of its other name; the operator is told when both are set and differ. */
function withOtherName<Value>(
  environment: Environment,
  variable: Variable<Value>,
  other: Variable<Value | undefined>,
): Value {
  const own = environment.read(variable);
  const given = environment.read(other);
  if (given === undefined) return own;
  if (environment.text(variable) === undefined) return given;
  if (!isDeepStrictEqual(own, given)) {
    environment.warnings.push(`The environment variable ${other.name} is ignored: ${variable.name} is set, too.`);
  }
  return own;
}
