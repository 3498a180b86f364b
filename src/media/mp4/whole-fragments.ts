import { defaultReaderConfig, readIsoBoxes } from '@svta/cml-iso-bmff';
import { trackIds } from './init-segment.ts';

/** The part of a cut-off file that can be played. */
export interface WholeFragments {
  /** Bytes from the start of the file to the end of its last whole fragment. */
  readonly length: number;
  /** Duration of the video, in ticks of 90 kHz. */
  readonly duration: number;
}

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
    if (!head || !data) return { length, duration };
    duration += videoDuration(bytes.subarray(length, head.end));
    length = data.end;
  }
}

/** @returns the end of the box; undefined when there is no whole box */
function boxAt(bytes: Buffer, start: number, type: string): { end: number } | undefined {
  if (start + 8 > bytes.length || bytes.toString('latin1', start + 4, start + 8) !== type) return undefined;
  const end = start + bytes.readUInt32BE(start);
  return end >= start + 8 && end <= bytes.length ? { end } : undefined;
}

function videoDuration(fragment: Buffer): number {
  const [head] = readIsoBoxes(fragment, defaultReaderConfig()) as readonly ReadBox[];
  const tracks = (head?.boxes ?? []).filter((box) => box.boxes?.some(({ trackId }) => trackId === trackIds.video));
  const samples = tracks.flatMap(({ boxes = [] }) => boxes.flatMap((box) => box.samples ?? []));
  return samples.reduce((ticks, { sampleDuration = 0 }) => ticks + sampleDuration, 0);
}
