import { open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeFragments } from '../../media/mp4/whole-fragments.ts';
import { timescale } from '../../media/sample.ts';
import { isUnfinished, syncFile, unfinishedSuffix, writeAtomically } from '../../storage/atomic-file.ts';
import { fileNames } from './file-names.ts';
import { decimal, unfinishedMark } from './playlist.ts';

/** The result of completing an interrupted stream. */
export interface CompletedStream {
  /** Number of listed segments; 0: nothing can be played. */
  readonly segments: number;
  /** Duration in seconds. */
  readonly duration: number;
}

const endOfList = '#EXT-X-ENDLIST\n';
const segmentName = new RegExp(`^${fileNames.segment(0).replace('_0_', '_\\d+_')}$`);
/** Tags of the next segment. */
const opening = /^#EXT-X-(DISCONTINUITY$|MAP:|PROGRAM-DATE-TIME:)/;
const discontinuity = '#EXT-X-DISCONTINUITY';

/**
 * Completes a stream whose server died: every existing segment is listed, the last one as far as it was written, and the playlist is
 * closed.
 * @returns undefined when it is complete already or not a stream
 * @throws when there are segments, but the playlist lists none
 */
export async function completeInterruptedStream(folder: string): Promise<CompletedStream | undefined> {
  const path = join(folder, fileNames.media);
  if (!(await isInterrupted(folder))) return undefined;
  const playlist = await closed((await readFile(path, 'utf8')).trimEnd().split('\n'), folder);
  const names = await readdir(folder);
  // The playlist is damaged, so its media is kept.
  if (playlist.segments === 0 && names.some((name) => segmentName.test(name)))
    throw new Error('The playlist lists none.');
  if (playlist.segments > 0) await writeAtomically(path, `${playlist.lines.join('\n')}\n${endOfList}`);
  for (const name of names) if (isUnfinished(name)) await rm(join(folder, name));
  return { segments: playlist.segments, duration: playlist.duration };
}

/** Whether a folder has a stream that was not ended. Only the end of its playlist is read, as recordings may be many and long. */
export async function isInterrupted(folder: string): Promise<boolean> {
  const file = await open(join(folder, fileNames.media)).catch(() => undefined);
  if (!file) return false;
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read({
      buffer: Buffer.alloc(endOfList.length),
      position: Math.max(0, size - endOfList.length),
    });
    return buffer.toString() !== endOfList;
  } finally {
    await file.close();
  }
}

/** The lines without missing segments, and with segments that were not listed yet. */
async function closed(lines: readonly string[], folder: string) {
  const kept: string[] = [];
  let tags: string[] = [];
  let extinf = '';
  let segments = 0;
  let duration = 0;
  for (const line of lines) {
    const name = line.startsWith(unfinishedMark) ? line.slice(unfinishedMark.length) : line;
    if (opening.test(line)) tags.push(line);
    else if (line.startsWith('#EXTINF:')) extinf = line;
    else if (!segmentName.test(name)) kept.push(line);
    else {
      const length = name === line ? await listedLength(join(folder, name), extinf) : await recover(join(folder, name));
      if (length > 0) {
        kept.push(...tags, `#EXTINF:${decimal(length)},`, name);
        segments += 1;
        duration += length;
      }
      tags = length > 0 ? [] : withoutSegment(tags, segments > 0);
    }
  }
  return { lines: kept, segments, duration };
}

/** Tags of a missing segment that apply to the next one. */
function withoutSegment(tags: readonly string[], isGap: boolean): string[] {
  const maps = tags.filter((tag) => tag.startsWith('#EXT-X-MAP:'));
  return isGap ? [discontinuity, ...maps] : maps;
}

/** Duration in seconds; 0: it does not exist. */
async function listedLength(path: string, extinf: string): Promise<number> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  return size > 0 ? Number.parseFloat(extinf.slice('#EXTINF:'.length)) : 0;
}

/** Gives an unfinished segment its name. @returns its duration in seconds; 0: it has no media */
async function recover(path: string): Promise<number> {
  const complete = await readFile(path).catch(() => undefined);
  if (complete) return wholeFragments(complete).duration / timescale.video;
  const marked = await Promise.all([`${path}${unfinishedSuffix}`, `${path}.new`].map(readIfThere));
  const [unfinished, bytes] = marked.find(([, found]) => found.length > 0) ?? [path, Buffer.alloc(0)];
  const { length, duration } = wholeFragments(bytes);
  if (duration === 0) return 0;
  await truncate(unfinished, length);
  await syncFile(unfinished);
  await rename(unfinished, path);
  return duration / timescale.video;
}

async function readIfThere(path: string): Promise<[string, Buffer]> {
  return [path, await readFile(path).catch(() => Buffer.alloc(0))];
}
