import type { ProgramSample } from '../sample.ts';
import { writeBoxes } from './box-tree.ts';
import { trackIds } from './init-segment.ts';

/** Sample flags, ISO/IEC 14496-12 section 8.8.3.1: depends on no other sample; depends on others and is no entry point. */
const keyframeFlags = 0x0200_0000;
const deltaFrameFlags = 0x0101_0000;

/** `tfhd`: data offsets count from the start of the `moof`. */
const baseIsMoof = 0x02_0000;
/** `trun`: data offset, then duration, size and flags for each sample. */
const runFlags = 0x1 | 0x100 | 0x200 | 0x400;

export type FragmentSamples = Readonly<Record<ProgramSample['kind'], readonly ProgramSample[]>>;

/**
 * A movie fragment, `moof` and `mdat`, which may begin at any frame.
 * @param sequenceNumber of the fragment in its file, from 1
 */
export function mediaFragment(sequenceNumber: number, samples: FragmentSamples): Buffer {
  const kinds = (['video', 'audio'] as const).filter((kind) => samples[kind].length > 0);
  // The offsets do not change the length of their box.
  const head = movieFragment(sequenceNumber, samples, kinds, 0).length;
  const all = kinds.flatMap((kind) => samples[kind].map(({ data }) => data));
  const size = all.reduce((sum, { length }) => sum + length, 0);
  const dataHeader = Buffer.alloc(8);
  dataHeader.writeUInt32BE(8 + size);
  dataHeader.write('mdat', 4, 'latin1');
  return Buffer.concat([movieFragment(sequenceNumber, samples, kinds, head + 8), dataHeader, ...all]);
}

function movieFragment(
  sequenceNumber: number,
  samples: FragmentSamples,
  kinds: readonly ProgramSample['kind'][],
  firstOffset: number,
): Buffer {
  let dataOffset = firstOffset;
  const tracks = kinds.map((kind) => {
    const run = samples[kind];
    const track = trackFragment(trackIds[kind], run, dataOffset);
    dataOffset += run.reduce((sum, { data }) => sum + data.length, 0);
    return track;
  });
  const header = { type: 'mfhd', version: 0, flags: 0, sequenceNumber };
  return writeBoxes([{ type: 'moof', boxes: [header, ...tracks] }]);
}

function trackFragment(trackId: number, samples: readonly ProgramSample[], dataOffset: number) {
  const run = samples.map(({ data, duration, keyframe }) => ({
    sampleDuration: duration,
    sampleSize: data.length,
    sampleFlags: keyframe ? keyframeFlags : deltaFrameFlags,
  }));
  return {
    type: 'traf',
    boxes: [
      { type: 'tfhd', version: 0, flags: baseIsMoof, trackId },
      { type: 'tfdt', version: 1, flags: 0, baseMediaDecodeTime: samples[0]?.time ?? 0 },
      { type: 'trun', version: 0, flags: runFlags, sampleCount: run.length, dataOffset, samples: run },
    ],
  };
}
