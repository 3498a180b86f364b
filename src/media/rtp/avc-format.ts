import { isSlice, nalType, typeOf } from './nal-unit.ts';
import { isParameterSet, ParameterSets } from './parameter-sets.ts';
import { readSequenceParameters } from './sequence-parameters.ts';

/** The codec data of H264 in MP4 and Matroska. Two formats with the same `key` can share a file. */
export interface AvcFormat {
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

/** The format of an H264 keyframe. @returns undefined when it has no parameter sets */
export function avcFormat(nals: readonly Buffer[]): AvcFormat | undefined {
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

/** A frame as in `avc1`: units with four-byte lengths; a keyframe without the parameter sets of its format. */
export function toAvcSample(nals: readonly Buffer[]): Buffer {
  const key = nals.some((nal) => typeOf(nal) === nalType.idrSlice);
  return withLengths(key ? nals.filter((nal) => !isParameterSet(nal)) : nals);
}

/** A frame with its parameter sets, for a stream whose format changes: some players, such as ffmpeg 5.1, keep those of the first format. */
export function toDescribedSample(nals: readonly Buffer[]): Buffer {
  return withLengths(nals);
}

/** The parameter sets in an AVCDecoderConfigurationRecord, as a part of a frame. */
export function setsOfRecord(record: Uint8Array): Buffer {
  const bytes = Buffer.from(record);
  const sets: Buffer[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = bytes.readUInt8(at) & mask;
    at += 1;
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readUInt16BE(at);
      sets.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return withLengths(sets);
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
