import { runToEnd } from './run-to-end.ts';

/** Times in seconds on the file's clock. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MediaSpan extends Span {
  /** From a packet to the next, where they are far apart. */
  readonly silences: readonly Span[];
}

/**
 * The first and the last packet of a file with one track. Files that are only ever appended to do not say it in front, so all of it is
 * read, up to where it is torn off.
 * @param maxGap seconds between two packets that are no silence
 * @returns undefined when there is none. @throws ProcessError when it cannot be read at all
 */
export async function mediaSpan(path: string, maxGap = Number.POSITIVE_INFINITY): Promise<MediaSpan | undefined> {
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
  let start: number | undefined;
  let end = 0;
  const silences: Span[] = [];
  const onLine = (line: string) => {
    const time = Number.parseFloat(line);
    if (Number.isNaN(time)) return;
    start ??= time;
    if (time - Math.max(end, start) > maxGap) silences.push({ start: end, end: time });
    end = Math.max(end, time);
  };
  await runToEnd({ name: 'media-span', program: 'ffprobe', args, onLine });
  return start === undefined ? undefined : { start, end, silences };
}
