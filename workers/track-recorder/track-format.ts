import type { AvcFormat } from '../../src/media/rtp/avc-format.ts';
import { readVp8FrameSize } from '../../src/media/rtp/vp8-frame-size.ts';

/** The codec data of a track in a Matroska file. Two formats with the same `key` can share a file. */
export type TrackFormat =
  | AvcFormat
  | { readonly codec: 'vp8'; readonly key: string; readonly width: number; readonly height: number }
  | { readonly codec: 'opus'; readonly key: string; readonly description: Buffer };

/** Number of channels of Opus in WebRTC: always declared as two. */
export const opusChannels = 2;

/** Identification header, RFC 7845 section 5.1, without pre-skip, so that times do not change. */
export const opusFormat: TrackFormat = { codec: 'opus', key: 'opus', description: opusHead() };

/** The format of a VP8 keyframe. @returns undefined when it is not one */
export function vp8Format(frame: Buffer): TrackFormat | undefined {
  const size = readVp8FrameSize(frame);
  // the size is not part of the key: decoders follow a change of the size
  return size && { codec: 'vp8', key: 'vp8', ...size };
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(opusChannels, 9);
  head.writeUInt32LE(48_000, 12);
  return head;
}
