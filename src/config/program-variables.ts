import { boolean, pictureSize, wholeNumber } from './text-form.ts';
import { variable } from './variable.ts';

/** The composed picture and sound of a room, and HLS cut from it: our own additions. */
export const programVariables = {
  SHOAL_PROGRAM_SIZE: variable({
    section: 'Program',
    description: 'Size of the picture that HLS, recordings and RTMP show, in pixels; both numbers even.',
    schema: pictureSize,
    default: '1920x1080',
  }),
  SHOAL_PROGRAM_FRAME_RATE: variable({
    section: 'Program',
    description: 'Its frames per second. Each costs: halve it where the CPU is short.',
    schema: wholeNumber(1),
    default: '24',
  }),
  SHOAL_PROGRAM_VIDEO_BITRATE: variable({
    section: 'Program',
    description: 'Its bit rate, in bit/s.',
    schema: wholeNumber(50_000),
    default: '3000000',
  }),
  SHOAL_PROGRAM_AUDIO_BITRATE: variable({
    section: 'Program',
    description: 'Bit rate of its sound, in bit/s.',
    schema: wholeNumber(16_000),
    default: '96000',
  }),
  SHOAL_PROGRAM_STEREO: variable({
    section: 'Program',
    description: '`true`: its sound is stereo; `false`: mono, as in Fishjam.',
    schema: boolean,
    default: 'false',
  }),
  SHOAL_PROGRAM_NAMES: variable({
    section: 'Program',
    description: '`true`: the picture of a peer bears its `displayName` or `name` of the metadata.',
    schema: boolean,
    default: 'false',
  }),
  SHOAL_HLS_PART_MS: variable({
    section: 'Program',
    description: 'Longest part of low-latency HLS, in ms. Viewers are about three of them and a second behind.',
    schema: wholeNumber(100),
    default: '300',
  }),
  SHOAL_HLS_SEGMENT_SECONDS: variable({
    section: 'Program',
    description: 'Segments of low-latency HLS, in seconds. Those of regular HLS are three times as long.',
    schema: wholeNumber(1),
    default: '2',
  }),
  SHOAL_RTMP_RETRY_SECONDS: variable({
    section: 'Program',
    description: 'Time, in seconds, for which an RTMP server that is gone is sought before the stream fails.',
    schema: wholeNumber(1),
    default: '60',
  }),
  SHOAL_ANY_CODEC: variable({
    section: 'Program',
    description:
      '`true`: HLS and Recording components may be added to rooms of any video codec; `false`: to rooms that enforce H264, as in Fishjam.',
    schema: boolean,
    default: 'false',
  }),
};
