import type { RouterRtpCodecCapability } from 'mediasoup/types';
import type { VideoCodec } from '../room/room-config.ts';

const opus: RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1 },
};

const vp8: RouterRtpCodecCapability = { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 };

const h264: RouterRtpCodecCapability = {
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
};

/** The codecs of a room's router: Opus and the room's video codec, or both video codecs. */
export function mediaCodecs(videoCodec: VideoCodec | null): RouterRtpCodecCapability[] {
  if (videoCodec === 'h264') return [opus, h264];
  if (videoCodec === 'vp8') return [opus, vp8];
  return [opus, vp8, h264];
}
