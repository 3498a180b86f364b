import { defaultReaderConfig, readIsoBoxes } from '@svta/cml-iso-bmff';
import { trackIds } from './init-segment.ts';

/** The part of a cut-off file that can be played. */
export interface WholeFragments {
  /** Bytes from the start of the file to the end of its last whole fragment. */
  readonly length: number;
  /** Duration of the video, in ticks of 90 kHz. */
  readonly duration: number;
}

/** Minimum length of what is written of a sample, in bytes. */
const sampleEntry = 4;

/** The part of the library's boxes that is used. */
interface ReadBox {
  readonly type: string;
  readonly boxes?: readonly ReadBox[];
  readonly trackId?: number;
  readonly samples?: readonly { readonly sampleDuration?: number }[];
}

/** Reads fragments, each a `moof` with its `mdat`, up to the last whole one. */
export function wholeFragments(bytes: Buffer): WholeFragments {
  let length = 0;
  let duration = 0;
  for (;;) {
    const head = boxAt(bytes, length, 'moof');
    const data = head && boxAt(bytes, head.end, 'mdat');
    const fragment = bytes.subarray(length, head?.end);
    if (!head || !data || !hasItsSamples(fragment)) return { length, duration };
    duration += videoDuration(fragment);
    length = data.end;
  }
}

/** @returns the end of the box; undefined when there is no whole box */
function boxAt(bytes: Buffer, start: number, type: string): { end: number } | undefined {
  if (start + 8 > bytes.length || bytes.toString('latin1', start + 4, start + 8) !== type) return undefined;
  const end = start + bytes.readUInt32BE(start);
  return end >= start + 8 && end <= bytes.length ? { end } : undefined;
}

/** Whether its tables are as long as they say: those of a damaged file may promise billions of samples. */
function hasItsSamples(fragment: Buffer): boolean {
  for (let at = fragment.indexOf('trun'); at >= 0; at = fragment.indexOf('trun', at + 4)) {
    if (at + 12 > fragment.length) return false;
    const [length, samples] = [fragment.readUInt32BE(at - 4), fragment.readUInt32BE(at + 8)];
    if (at - 4 + length > fragment.length || samples * sampleEntry > length) return false;
  }
  return true;
}

function videoDuration(fragment: Buffer): number {
  const [head] = readIsoBoxes(fragment, defaultReaderConfig()) as readonly ReadBox[];
  const tracks = (head?.boxes ?? []).filter((box) => box.boxes?.some(({ trackId }) => trackId === trackIds.video));
  const samples = tracks.flatMap(({ boxes = [] }) => boxes.flatMap((box) => box.samples ?? []));
  return samples.reduce((ticks, { sampleDuration = 0 }) => ticks + sampleDuration, 0);
}
