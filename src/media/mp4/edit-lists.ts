/** Reads bytes of a file from `start` to before `end`. Rejects when it is shorter. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/** What the edit list of a track shows (ISO/IEC 14496-12, section 8.6.6). */
export interface Presentation {
  /** Whether it is one piece of the track at normal speed, after a delay or none. */
  readonly isOnePiece: boolean;
  /** Time at which it ends, in seconds; infinite without an edit list. */
  readonly end: number;
}

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Without an edit list everything is shown. */
export const everything: Presentation = { isOnePiece: true, end: Number.POSITIVE_INFINITY };

/** Maximum number of boxes that are read; a file with a track of each kind has about thirty. */
const maxReads = 1000;
/** Maximum number of edits that are read; a list with more is no single piece, whatever it contains. */
const maxEdits = 16;

/** The presentations of the tracks of an MP4 by their ids. @returns undefined when its movie box is not found, or has too many boxes */
export async function readPresentations(
  file: ReadRange,
  size: number,
): Promise<ReadonlyMap<number, Presentation> | undefined> {
  let reads = 0;
  const read: ReadRange = async (start, end) => {
    reads += 1;
    return reads > maxReads ? new Uint8Array() : await file(start, end);
  };
  const movie = (await boxesIn(read, 0, size, 'moov')).at(-1);
  if (movie?.type !== 'moov') return undefined;
  const boxes = await boxesIn(read, movie.start, movie.end);
  const header = boxes.find(({ type }) => type === 'mvhd');
  const timescale = header ? await readTimescale(read, header) : 0;
  const presentations = new Map<number, Presentation>();
  for (const track of boxes.filter(({ type }) => type === 'trak')) {
    const parts = await boxesIn(read, track.start, track.end);
    const id = await readTrackId(read, parts);
    if (id !== undefined) presentations.set(id, await readPresentation(read, parts, timescale));
  }
  return reads > maxReads ? undefined : presentations;
}

/**
 * The boxes of a range, with the ranges of their contents. Ends at the first one that is not valid.
 * @param last type of a box after which none is read: many fragments may follow
 */
async function boxesIn(read: ReadRange, from: number, to: number, last?: string): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let position = from; position + 8 <= to; ) {
    const header = Buffer.from(await read(position, Math.min(position + 16, to)));
    if (header.length < 8) break;
    const stated = header.readUInt32BE(0);
    const isLarge = stated === 1 && header.length === 16;
    const length = isLarge ? Number(header.readBigUInt64BE(8)) : stated === 0 ? to - position : stated;
    const contentStart = position + (isLarge ? 16 : 8);
    if (position + length < contentStart) break;
    const end = Math.min(position + length, to);
    const type = header.toString('latin1', 4, 8);
    boxes.push({ type, start: contentStart, end });
    if (type === last) break;
    position += length;
  }
  return boxes;
}

/** The first bytes of a box, as many as it has. */
async function contentOf(read: ReadRange, { start, end }: Box, maxLength: number): Promise<Buffer> {
  return Buffer.from(await read(start, Math.min(end, start + maxLength)));
}

async function readTimescale(read: ReadRange, header: Box): Promise<number> {
  const content = await contentOf(read, header, 24);
  if (content.length < 24) return 0;
  return content.readUInt32BE(content.readUInt8(0) === 1 ? 20 : 12);
}

async function readTrackId(read: ReadRange, parts: readonly Box[]): Promise<number | undefined> {
  const header = parts.find(({ type }) => type === 'tkhd');
  const content = header && (await contentOf(read, header, 24));
  if (!content || content.length < 24) return undefined;
  return content.readUInt32BE(content.readUInt8(0) === 1 ? 20 : 12);
}

async function readPresentation(read: ReadRange, parts: readonly Box[], timescale: number): Promise<Presentation> {
  const container = parts.find(({ type }) => type === 'edts');
  const list = container && (await boxesIn(read, container.start, container.end)).find(({ type }) => type === 'elst');
  const edits = list ? readEdits(await contentOf(read, list, 8 + 20 * maxEdits)) : [];
  if (edits?.length === 0) return everything;
  if (!edits || timescale === 0) return { ...everything, isOnePiece: false };
  const isDelay = ({ mediaTime }: Edit) => mediaTime === -1;
  const pieces = edits.slice(edits.findIndex((edit) => !isDelay(edit)));
  // while a fragmented file is written, its duration is not known
  const end = edits.reduce((sum, edit) => sum + (edit.duration || (isDelay(edit) ? 0 : Number.POSITIVE_INFINITY)), 0);
  const isOnePiece = pieces.length === 1 && pieces.every((edit) => !isDelay(edit) && edit.rate === 0x10000);
  return { isOnePiece, end: end / timescale };
}

interface Edit {
  /** In units of the movie. */
  readonly duration: number;
  /** In units of the track; -1: nothing is shown. */
  readonly mediaTime: number;
  /** Fixed point with 16 bits after the point. */
  readonly rate: number;
}

/** @returns undefined when there are too many, or the list is cut off */
function readEdits(content: Buffer): Edit[] | undefined {
  if (content.length < 8) return undefined;
  const isWide = content.readUInt8(0) === 1;
  const length = isWide ? 20 : 12;
  const count = content.readUInt32BE(4);
  if (count > maxEdits || content.length < 8 + count * length) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const edit = content.subarray(8 + index * length);
    return {
      duration: isWide ? Number(edit.readBigUInt64BE(0)) : edit.readUInt32BE(0),
      mediaTime: isWide ? Number(edit.readBigInt64BE(8)) : edit.readInt32BE(4),
      rate: edit.readUInt32BE(length - 4),
    };
  });
}
