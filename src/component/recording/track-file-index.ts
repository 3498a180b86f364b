import { type FileHandle, open } from 'node:fs/promises';
import { completedHead, headPositions } from '../../media/matroska/matroska-head.ts';
import type { MatroskaIndex } from '../../media/matroska/matroska-index.ts';
import { scanMatroska } from '../../media/matroska/matroska-scan.ts';

/** Number of bytes in which the head of a file is: its track may follow them. */
const headLength = 512;

/**
 * Completes the file of a track, which was only appended to, and syncs it to disk: it gets a duration, and cues to seek by at its end.
 * Where there is no space for cues it gets the duration only. The head is written last, so that one sees from it whether a file is
 * complete; after a power loss it may be as it was before.
 * @param index of the blocks @param length of the file up to the end of the last block
 */
export async function writeIndex(path: string, index: MatroskaIndex, length: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const head = await readBytes(file, 0, headLength);
    const positions = index.isEmpty ? undefined : headPositions(head);
    const cues = positions && index.cues(positions.segment);
    const hasCues = cues !== undefined && (await isAppended(file, cues, length));
    if (!hasCues) await file.datasync();
    if (!positions) return;
    const bytes = completedHead(head, positions, { duration: index.end, cues: hasCues ? length : undefined });
    await file.write(bytes, 0, bytes.length, 0);
  } finally {
    await file.close();
  }
}

/**
 * Completes the file of a track whose track recorder has died. The incomplete block at its end is removed.
 * Then all of it is on disk.
 * @returns whether it was incomplete; false also when it is not one of this server, which is left as it is
 * @throws when the disk fails
 */
export async function completeTrackFile(path: string): Promise<boolean> {
  const file = await open(path, 'r+');
  try {
    if (!headPositions(await readBytes(file, 0, headLength))) {
      await file.datasync();
      return false;
    }
    const { size } = await file.stat();
    const read = (position: number, length: number) => readBytes(file, position, length);
    const scanned = await scanMatroska({ size, read });
    if (!scanned || scanned.index.isEmpty) return false;
    const { index, end } = scanned;
    if (end < size) await file.truncate(end);
    await writeIndex(path, index, end);
    await file.datasync();
    return true;
  } finally {
    await file.close();
  }
}

/** Appends bytes and syncs them. @returns whether there was space for all of them; otherwise the file is as before */
async function isAppended(file: FileHandle, bytes: Buffer, position: number): Promise<boolean> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
    await file.datasync();
    return true;
  } catch {
    await file.truncate(position);
    return false;
  }
}

/** @returns fewer bytes at the end of the file */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; ; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    done += bytesRead;
    if (bytesRead === 0 || done === length) return bytes.subarray(0, done);
  }
}
