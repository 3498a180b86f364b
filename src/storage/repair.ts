import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinishedSuffix } from './atomic-file.ts';
import { mediaSpan } from './media-span.ts';
import { type RecordedFile, readReport, reportName, writeReport } from './recording-report.ts';

/** What a repair did, for the log. */
export interface Repaired {
  /** Files with media. */
  readonly files: number;
  /** Files without any media that were removed. */
  readonly removed: readonly string[];
}

/**
 * Makes the tracks of a recording and its report agree again after a crash: the report is honest about what is there, nothing that was
 * only half written is left.
 */
export async function repairTracks(folder: string): Promise<Repaired> {
  const names = await readdir(folder);
  for (const name of names) if (name.endsWith(unfinishedSuffix)) await rm(join(folder, name), { force: true });
  const report = await readReport(folder);
  if (!report) return { files: names.filter((name) => name.endsWith('.mkv')).length, removed: [] };
  const removed: string[] = [];
  for (const [name, file] of Object.entries(report.tracks)) {
    const span = await spanOf(join(folder, name));
    if (span === 'empty') {
      delete report.tracks[name];
      await rm(join(folder, name), { force: true });
      removed.push(name);
    } else if (span !== 'unknown') report.tracks[name] = { ...file, end_timestamp: endOf(file, span) };
  }
  const files = Object.keys(report.tracks).length;
  if (files > 0) await writeReport(folder, report);
  else await rm(join(folder, reportName), { force: true });
  return { files, removed };
}

/** Seconds from the first block of a file to the last. What we cannot read somebody else perhaps can: it is not `empty`. */
async function spanOf(path: string): Promise<number | 'empty' | 'unknown'> {
  if (!(await stat(path).catch(() => undefined))?.size) return 'empty';
  try {
    const span = await mediaSpan(path);
    return span ? span.end - span.start : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The RTP timestamp of the last block, when the report is older than the file. */
function endOf({ start_timestamp, clock_rate }: RecordedFile, span: number): number {
  return (start_timestamp + Math.round(span * clock_rate)) % 2 ** 32;
}
