import { type FileHandle, open } from 'node:fs/promises';

const headerLength = 8;
/** The boxes of a fragmented MP4 as we write it (ISO/IEC 14496-12 section 4.2). */
const known = new Set(['ftyp', 'moov', 'moof', 'mdat']);

/**
 * The length up to which a cut-off fragmented MP4 can be read: the end of its last whole fragment. Readers fail on an incomplete box header.
 * @returns bytes; 0 when not even the init segment is whole
 */
export async function fragmentEnd(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return await lastEnd(file, size);
  } finally {
    await file.close();
  }
}

async function lastEnd(file: FileHandle, size: number): Promise<number> {
  let end = 0;
  for (let position = 0; position + headerLength <= size; ) {
    const { length, type } = await readHeader(file, position);
    if (!known.has(type) || length < headerLength) return end;
    const next = position + length;
    if ((type === 'moov' || type === 'mdat') && next <= size) end = next;
    position = next;
  }
  return end;
}

async function readHeader(file: FileHandle, position: number): Promise<{ length: number; type: string }> {
  const header = Buffer.alloc(headerLength);
  await file.read(header, 0, headerLength, position);
  return { length: header.readUInt32BE(0), type: header.toString('latin1', 4) };
}
