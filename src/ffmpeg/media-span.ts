import { runToEnd } from './run-to-end.ts';

/** Times of a media file, in seconds on the file's clock. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MediaSpan extends Span {
  /** Gaps between packets: end of one and start of the next. */
  readonly silences: readonly Span[];
}

/**
 * Reads the times of the packets of a file with one track. A file that is only appended to has no index, so all of it is read, up to where
 * it is cut off.
 * @param maxGap maximum time between two packets that is not a gap, in seconds
 * @returns undefined when it has no packets. @throws ProcessError when it cannot be read
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
