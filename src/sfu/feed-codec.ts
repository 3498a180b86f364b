import type { RtpCodecParameters } from 'mediasoup/types';

/** Without this feedback mediasoup would not request keyframes. */
const rtcpFeedback = [
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/**
 * The codecs of feeds. H264 is always declared as constrained baseline: browsers decode high and main profile, too, as long as there
 * are no B-frames.
 */
export const feedCodecs = {
  h264: {
    mimeType: 'video/H264',
    payloadType: 96,
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    rtcpFeedback,
  },
  vp8: { mimeType: 'video/VP8', payloadType: 98, clockRate: 90_000, rtcpFeedback },
  opus: { mimeType: 'audio/opus', payloadType: 97, clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 } },
} satisfies Record<string, RtpCodecParameters>;

export type FeedCodec = keyof typeof feedCodecs;

export interface FeedOptions {
  readonly trackId: string;
  readonly codec: FeedCodec;
  /** CNAME, the same for audio and video that belong together. */
  readonly cname: string;
}
