/** Where the content of the first track's edit list starts; undefined without one. */
export function editListAt(file: Buffer): number | undefined {
  const at = file.indexOf('elst');
  return at < 0 ? undefined : at + 4;
}

/**
 * Replaces the edit list of the first track of an MP4 that ffmpeg wrote with its movie box at the end.
 * @param edits duration and start in seconds; a start of -1 shows nothing
 */
export function withEdits(file: Buffer, edits: readonly (readonly [number, number])[]): Buffer {
  const movie = file.lastIndexOf('moov') - 4;
  const timescale = file.readUInt32BE(file.indexOf('mvhd', movie) + 4 + 12);
  const mediaTimescale = file.readUInt32BE(file.indexOf('mdhd', movie) + 4 + 12);
  const list = Buffer.alloc(8 + 12 * edits.length);
  list.writeUInt32BE(edits.length, 4);
  for (const [index, [duration, start]] of edits.entries()) {
    list.writeUInt32BE(Math.round(duration * timescale), 8 + 12 * index);
    list.writeInt32BE(start === -1 ? -1 : Math.round(start * mediaTimescale), 12 + 12 * index);
    list.writeUInt32BE(0x10000, 16 + 12 * index);
  }
  const at = file.indexOf('elst', movie) - 4;
  const length = file.readUInt32BE(at);
  const changed = Buffer.concat([file.subarray(0, at + 8), list, file.subarray(at + length)]);
  const grown = changed.length - file.length;
  const containers = [movie, file.indexOf('trak', movie) - 4, file.indexOf('edts', movie) - 4, at];
  for (const box of containers) changed.writeUInt32BE(changed.readUInt32BE(box) + grown, box);
  return changed;
}
