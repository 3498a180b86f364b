import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomic-file.ts';

/**
 * `recording`: files grow. `finalising`: no more media comes; files are being completed. `stored`: complete, and meant to stay on this
 * host. `uploading`: complete, not all of it is known to be in the store. `uploaded`: all of it is, verified. `failed`: see the reason.
 */
const MediaStateSchema = z.enum(['recording', 'finalising', 'stored', 'uploading', 'uploaded', 'failed']);

/** Of an upload in parts that is not finished. */
const ProgressSchema = z.object({
  uploadId: z.string(),
  partSize: z.int().positive(),
  etags: z.array(z.string()).readonly(),
});

const FileSchema = z.object({
  /** Bytes. */
  size: z.int().min(0),
  /** Hexadecimal. */
  sha256: z.string(),
  uploaded: z.boolean(),
  progress: ProgressSchema.optional(),
});

const UploadSchema = z.object({
  /** Prefix of the keys; may be empty. */
  prefix: z.string(),
  /** Credentials that came with the request, sealed; absent: those of the environment. */
  account: z.string().optional(),
});

/** What is known of a folder of media, kept beside it so that any later process can go on. */
const MediaManifestSchema = z.object({
  version: z.literal(1),
  state: MediaStateSchema,
  /** Why it failed, for good or until the next start, or why the upload has not succeeded yet. */
  reason: z.string().optional(),
  roomId: z.string(),
  /** Where its clock begins, in ms since the Unix epoch. */
  startedAt: z.number(),
  /** Milliseconds since the Unix epoch. */
  endedAt: z.number().optional(),
  upload: UploadSchema.optional(),
  /** Whether the room was to be recorded as one picture, too. */
  film: z.boolean().optional(),
  /** By name, once they are complete. */
  files: z.record(z.string(), FileSchema),
  /** By name, of files that are not complete: the parts that are in the store already. */
  growing: z.record(z.string(), ProgressSchema).optional(),
});

export type MediaState = z.output<typeof MediaStateSchema>;
export type MediaManifest = z.output<typeof MediaManifestSchema>;
export type ManifestFile = z.output<typeof FileSchema>;

export const manifestName = 'manifest.json';

/** @returns undefined when there is none, or one that nobody can read */
export async function readManifest(folder: string): Promise<MediaManifest | undefined> {
  try {
    return MediaManifestSchema.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeManifest(folder: string, manifest: MediaManifest): Promise<void> {
  await writeAtomically(join(folder, manifestName), JSON.stringify(manifest, null, 1));
}
