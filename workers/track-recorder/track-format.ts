import { nalType, typeOf } from '../../src/media/rtp/nal-unit.ts';
import { readSequenceParameters } from '../../src/media/rtp/sequence-parameters.ts';
import { readVp8FrameSize } from '../../src/media/rtp/vp8-frame-size.ts';

/** What a Matroska file says about its track. Two formats with the same `key` fit into one file. */
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
    }
  | { readonly codec: 'vp8'; readonly key: string; readonly width: number; readonly height: number }
  | { readonly codec: 'opus'; readonly key: string; readonly description: Buffer };

/** Channels of Opus in WebRTC: always announced as two. */
export const opusChannels = 2;

/** Identification header, RFC 7845 section 5.1; nothing is skipped at the start, so times stay what they are. */
export const opusFormat: TrackFormat = { codec: 'opus', key: 'opus', description: opusHead() };

/** @param nals of a keyframe. @returns undefined when they do not describe it */
export function avcFormat(nals: readonly Buffer[]): TrackFormat | undefined {
  const sps = nals.filter((nal) => typeOf(nal) === nalType.sps);
  const pps = nals.filter((nal) => typeOf(nal) === nalType.pps);
  const [first] = sps;
  const described = first && pps.length > 0 ? readSequenceParameters(first) : undefined;
  if (!first || !described) return undefined;
  const description = configurationRecord(first, sps, pps);
  const { codec: parameters, width, height } = described;
  return { codec: 'avc', key: description.toString('base64'), parameters, width, height, description };
}

/** @param frame a keyframe. @returns undefined when it is none */
export function vp8Format(frame: Buffer): TrackFormat | undefined {
  const size = readVp8FrameSize(frame);
  // a decoder follows another size by itself
  return size && { codec: 'vp8', key: 'vp8', ...size };
}

/** A frame as `avc1` has it: four-byte lengths, without what the format says already. */
export function toAvcSample(nals: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const nal of nals) {
    if (typeOf(nal) === nalType.sps || typeOf(nal) === nalType.pps) continue;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(nal.length);
    parts.push(length, nal);
  }
  return Buffer.concat(parts);
}

/** ISO/IEC 14496-15 section 5.3.3.1. */
function configurationRecord(first: Buffer, sps: readonly Buffer[], pps: readonly Buffer[]): Buffer {
  const head = Buffer.from([1, first.readUInt8(1), first.readUInt8(2), first.readUInt8(3), 0xff, 0xe0 | sps.length]);
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
