import { type ElementHeader, elementId, maxHeaderLength, readElementHeader } from './ebml.ts';
import { blockHeadLength, readBlockHead } from './matroska-blocks.ts';
import { MatroskaIndex } from './matroska-index.ts';

/** Number of bytes that are read at once. */
const chunkLength = 256 * 1024;
/** Number of bytes of an element that are looked at: its header and the beginning of a block. */
const headLength = maxHeaderLength + 8;

export interface ScannedFile {
  /** In bytes. */
  readonly size: number;
  /** Reads bytes; fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
}

export interface ScannedMedia {
  readonly index: MatroskaIndex;
  /** Position in the file of the end of the last whole block. */
  readonly end: number;
}

/**
 * Finds the blocks of a file that was only appended to. What follows the last whole block, such as the beginning of another one or cues, is
 * left out.
 * @returns undefined when there is something else in between
 */
export async function scanMatroska(file: ScannedFile): Promise<ScannedMedia | undefined> {
  const index = new MatroskaIndex();
  let cluster: { readonly position: number; time?: number; isEmpty: boolean } | undefined;
  let end = 0;
  let chunk: Buffer = Buffer.alloc(0);
  let chunkAt = 0;
  for (let position = 0; position < file.size; ) {
    if (position < chunkAt || position + headLength > chunkAt + chunk.length) {
      chunkAt = position;
      chunk = await file.read(position, chunkLength);
    }
    const at = position - chunkAt;
    const header = readElementHeader(chunk, at);
    if (header === undefined || (header !== 'invalid' && header.id === elementId.cues)) break;
    if (header === 'invalid') return undefined;
    if (header.id === elementId.cluster) cluster = { position, isEmpty: true };
    if (isEntered(header)) {
      position += header.length;
      continue;
    }
    if (header.size === undefined) return undefined;
    const content = at + header.length;
    position += header.length + header.size;
    if (position > file.size) break;
    if (header.id === elementId.timestamp && cluster) cluster.time = timestampAt(chunk, content, header.size);
    if (header.id !== elementId.simpleBlock || cluster?.time === undefined || header.size < blockHeadLength) continue;
    const { time, key } = readBlockHead(chunk, content);
    if (cluster.isEmpty && key) index.addCue(cluster.time, cluster.position);
    cluster.isEmpty = false;
    index.addBlock(cluster.time + time);
    end = position;
  }
  return { index, end };
}

/** Whether the content of an element is read one by one. */
function isEntered({ id }: ElementHeader): boolean {
  return id === elementId.segment || id === elementId.cluster;
}

function timestampAt(bytes: Buffer, at: number, size: number): number | undefined {
  return size >= 1 && size <= 6 && at + size <= bytes.length ? bytes.readUIntBE(at, size) : undefined;
}
