/** File names of a stream: docs/contracts/fishjam-rest.md 9.5. There is one rendition, whose name is fixed. */
const rendition = 'g2QABXZpZGVv';

export const fileNames = {
  multivariant: 'index.m3u8',
  media: `${rendition}.m3u8`,
  delta: `${rendition}_delta.m3u8`,
  /** @param n incremented with each discontinuity, from 0 */
  init: (n: number) => `muxed_header_${rendition}_part_${n}.mp4`,
  segment: (n: number) => `muxed_segment_${n}_${rendition}.m4s`,
  part: (segment: number, part: number) => `muxed_segment_${segment}_${rendition}_${part}_part.m4s`,
} as const;

/** The segment and index of a part, from its file name. */
export function partPosition(name: string): { segment: number; part: number } | undefined {
  const match = /_(\d{1,15})_[^_]*_(\d{1,15})_part\.m4s$/.exec(name);
  return match ? { segment: Number(match[1]), part: Number(match[2]) } : undefined;
}
