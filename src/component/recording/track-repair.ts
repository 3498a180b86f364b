import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import { mediaSpan } from '../../ffmpeg/media-span.ts';
import { isFragments } from '../../output/complete-mp4.ts';
import { isUnfinished } from '../../storage/atomic-file.ts';
import { manifestName } from '../../storage/media-manifest.ts';
import { type RecordedFile, readReport, reportName, writeReport } from './recording-report.ts';

/** Time without a change after which a folder is not written to any more, in ms. */
const quietTime = 1000;
/** Distance of the last change from now beyond which the folder need not be watched, in ms: the time of day may have been set since. */
const longAgo = 24 * 60 * 60 * 1000;

/** Waits for a track recorder that completes its files after its server has died. @throws the signal's reason when it is aborted */
export async function untilQuiet(folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  let seen: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const changedAt = await lastChange(folder);
    if (changedAt === seen || Math.abs(clock.now() - changedAt) > longAgo) return;
    seen = changedAt;
    await pause(clock, quietTime, signal);
  }
}

/** Time of the last change, in ms since the Unix epoch. */
async function lastChange(folder: string): Promise<number> {
  // The manifest is left out: its heartbeats are our own.
  const names = (await readdir(folder)).filter((name) => name !== manifestName);
  const times = names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0);
  return Math.max(0, ...(await Promise.all(times)));
}

/** The result of a repair, for the log. */
export interface Repaired {
  /** Number of files with media. */
  readonly files: number;
  /** Number of files without media, which were removed. */
  readonly removed: readonly string[];
}

/**
 * Repairs the tracks of a recording and its report after a crash: the report lists exactly the existing files, and incomplete blocks are
 * removed.
 */
export async function repairTracks(folder: string): Promise<Repaired> {
  const names = await readdir(folder);
  for (const name of names) {
    if (isUnfinished(name) && !isFragments(name)) await rm(join(folder, name), { force: true });
  }
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

/** Time from the first to the last block of a file, in seconds. A file that cannot be read is kept: it is not `empty`. */
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
