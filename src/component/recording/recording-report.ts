import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Metadata } from '../../room/track.ts';
import { writeAtomically } from '../../storage/atomic-file.ts';

const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** A file of a recording: docs/contracts/fishjam-config.md 5.3. */
const RecordedFileSchema = z.object({
  type: z.enum(['audio', 'video']),
  encoding: z.enum(['H264', 'VP8', 'OPUS']),
  /** Nanoseconds between the first track's subscription and this one's. */
  offset: z.number().min(0),
  /** RTP timestamps of the first and the last packet. */
  start_timestamp: uint32,
  end_timestamp: uint32,
  /** In Hz. */
  clock_rate: z.int().positive(),
  /** Capture time of the first packet, in ns since the Unix epoch; absent until the sender has reported its clock. */
  start_timestamp_wallclock: z.number().optional(),
  /** Start of the track in this file, in ns of the recording. An addition of ours. */
  joined: z.number().min(0).optional(),
  /** End of the track in this file; absent while it is recorded. An addition of ours. */
  left: z.number().min(0).optional(),
  metadata: z.custom<Metadata>((value) => value !== undefined),
  /** Id of the peer or component. */
  origin: z.string(),
});

export const RecordingReportSchema = z.object({
  /** Id of the room. */
  recording_id: z.string(),
  tracks: z.record(z.string(), RecordedFileSchema),
});

export type RecordedFile = z.output<typeof RecordedFileSchema>;
export type RecordingReport = z.output<typeof RecordingReportSchema>;

export const reportName = 'report.json';

/** Reads a report. @returns undefined when there is none or it is invalid */
export async function readReport(folder: string): Promise<RecordingReport | undefined> {
  try {
    return RecordingReportSchema.parse(JSON.parse(await readFile(join(folder, reportName), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeReport(folder: string, report: RecordingReport): Promise<void> {
  await writeAtomically(join(folder, reportName), JSON.stringify(report));
}
