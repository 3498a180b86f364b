import { isSlice, nalType, typeOf } from '../../src/media/rtp/nal-unit.ts';
import { isParameterSet, ParameterSets } from '../../src/media/rtp/parameter-sets.ts';
import { readSequenceParameters } from '../../src/media/rtp/sequence-parameters.ts';
import { readVp8FrameSize } from '../../src/media/rtp/vp8-frame-size.ts';

/** The codec data of a track in a Matroska file. Two formats with the same `key` can share a file. */
export type TrackFormat =
  | {
      readonly codec: 'avc';
      readonly key: string;
      /** RFC 6381. */
      readonly parameters: string;
      readonly width: number;
      readonly height: number;
      /** AVCDecoderConfigurationRecord. */
      readonly description: Buffer;
      /** The same parameter sets as a part of a frame, for a file that began with others. */
      readonly sets: Buffer;
    }
  | { readonly codec: 'vp8'; readonly key: string; readonly width: number; readonly height: number }
  | { readonly codec: 'opus'; readonly key: string; readonly description: Buffer };

/** Number of channels of Opus in WebRTC: always declared as two. */
export const opusChannels = 2;

/** Identification header, RFC 7845 section 5.1, without pre-skip, so that times do not change. */
export const opusFormat: TrackFormat = { codec: 'opus', key: 'opus', description: opusHead() };

/** The format of an H264 keyframe. @returns undefined when it has no parameter sets */
export function avcFormat(nals: readonly Buffer[]): TrackFormat | undefined {
  const sets = new ParameterSets();
  for (const nal of nals) sets.remember(nal);
  const first = nals.find(isSlice);
  const [any] = sets.nals;
  const active = (first && sets.sequenceOf(first)) ?? any;
  const described = active && readSequenceParameters(active);
  if (!described) return undefined;
  const { codec: parameters, width, height } = described;
  return {
    codec: 'avc',
    // Level and flags of the profile may change: decoders follow.
    key: `avc ${active.readUInt8(1)} ${width}x${height}`,
    ...{ parameters, width, height },
    description: configurationRecord(active, sets.nals),
    sets: withLengths(sets.nals),
  };
}

/** The format of a VP8 keyframe. @returns undefined when it is not one */
export function vp8Format(frame: Buffer): TrackFormat | undefined {
  const size = readVp8FrameSize(frame);
  // the size is not part of the key: decoders follow a change of the size
  return size && { codec: 'vp8', key: 'vp8', ...size };
}

/** A frame as in `avc1`: units with four-byte lengths; a keyframe without the parameter sets of its format. */
export function toAvcSample(nals: readonly Buffer[]): Buffer {
  const key = nals.some((nal) => typeOf(nal) === nalType.idrSlice);
  return withLengths(key ? nals.filter((nal) => !isParameterSet(nal)) : nals);
}

function withLengths(nals: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const nal of nals) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(nal.length);
    parts.push(length, nal);
  }
  return Buffer.concat(parts);
}

/** ISO/IEC 14496-15 section 5.3.3.1; the counts have five and eight bits. */
function configurationRecord(active: Buffer, sets: readonly Buffer[]): Buffer {
  const sps = sets.filter((nal) => typeOf(nal) === nalType.sps).slice(0, 31);
  const pps = sets.filter((nal) => typeOf(nal) === nalType.pps);
  const head = Buffer.from([1, active.readUInt8(1), active.readUInt8(2), active.readUInt8(3), 0xff, 0xe0 | sps.length]);
  return Buffer.concat([head, ...sps.flatMap(withLength), Buffer.from([pps.length]), ...pps.flatMap(withLength)]);
}

function withLength(nal: Buffer): Buffer[] {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(nal.length);
  return [length, nal];
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(opusChannels, 9);
  head.writeUInt32LE(48_000, 12);
  return head;
}
