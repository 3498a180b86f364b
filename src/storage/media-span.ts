import { execa } from 'execa';

/** Times in seconds on the file's clock. */
export interface MediaSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The first and the last packet of a file with one track. Files that are only ever appended to do not say it in front, so all of it is
 * read, up to where it is torn off.
 * @returns undefined when there is none. @throws when it cannot be read at all
 */
export async function mediaSpan(path: string): Promise<MediaSpan | undefined> {
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
  let start: number | undefined;
  let end = 0;
  for await (const line of execa('ffprobe', args, { stdin: 'ignore', stderr: 'ignore', buffer: false })) {
    const time = Number.parseFloat(line);
    if (Number.isNaN(time)) continue;
    start ??= time;
    end = Math.max(end, time);
  }
  return start === undefined ? undefined : { start, end };
}
