import { open } from 'node:fs/promises';
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
  /** Of the file when the checksum was made, in ms since the Unix epoch. */
  modifiedAt: z.number().optional(),
  uploaded: z.boolean(),
  progress: ProgressSchema.optional(),
});

const UploadSchema = z.object({
  /** Prefix of the keys; may be empty. */
  prefix: z.string(),
  /** Credentials that came with the request, sealed; absent: those of the environment. */
  account: z.string().optional(),
});

/** The process that works on a medium: see {@link Lease}. */
const OwnerSchema = z.object({
  id: z.string(),
  /** Machine and namespace in which the process can be looked for. */
  host: z.string(),
  process: z.string(),
});

const SharedSchema = z.object({
  state: MediaStateSchema,
  /** Why it failed, for good or until the next start, or why the upload has not succeeded yet. */
  reason: z.string().optional(),
  roomId: z.string(),
  /** Where its clock begins, in ms since the Unix epoch. */
  startedAt: z.number(),
  /** Milliseconds since the Unix epoch. */
  endedAt: z.number().optional(),
  upload: UploadSchema.optional(),
  /** By name, once they are complete. */
  files: z.record(z.string(), FileSchema),
  /** By name, of files that are not complete: the parts that are in the store already. */
  growing: z.record(z.string(), ProgressSchema).optional(),
});

/** What is known of a medium, kept on the disk so that any later process can go on. */
const MediaManifestSchema = SharedSchema.extend({
  version: z.literal(2),
  /** Name of the {@link MediaKind}. */
  kind: z.string(),
  /** Below the root of the kind; absent where the manifest lies in the folder itself. */
  folder: z.string().optional(),
  /** Absent: nobody works on it. */
  owner: OwnerSchema.optional(),
  /** What only its kind understands. */
  details: z.record(z.string(), z.unknown()).optional(),
  /** What is missing of a medium whose files are safe; it is tried again at the next start. */
  missing: z.string().optional(),
});

/** `film`: whether the room was to be recorded as one picture, too. */
const EarlierSchema = SharedSchema.extend({ version: z.literal(1), film: z.boolean().optional() });

export type MediaState = z.output<typeof MediaStateSchema>;
export type MediaManifest = z.output<typeof MediaManifestSchema>;
/** What is known of a medium when it begins. */
export type NewManifest = Omit<Partial<MediaManifest>, 'roomId' | 'startedAt'> &
  Pick<MediaManifest, 'roomId' | 'startedAt'>;
export type ManifestFile = z.output<typeof FileSchema>;
export type Owner = z.output<typeof OwnerSchema>;

/** Where the manifest lies in the folder of the medium. */
export const manifestName = 'manifest.json';

/** A manifest as it lies on the disk. */
export interface ReadManifest {
  readonly value: unknown;
  /** When it was written or its owner gave the last sign of life, in ms since the Unix epoch. */
  readonly modifiedAt: number;
}

/** @returns undefined when there is none, or one that nobody can read */
export async function readManifest(path: string): Promise<ReadManifest | undefined> {
  try {
    // Opened first: on a shared file system only that makes sure that the time is the newest.
    await using file = await open(path);
    const { mtimeMs: modifiedAt } = await file.stat();
    return { value: JSON.parse(await file.readFile('utf8')), modifiedAt };
  } catch {
    return undefined;
  }
}

/** @param kind of those that the first version left without one. @returns undefined when it is no manifest of a medium */
export function parseManifest(value: unknown, kind: string): MediaManifest | undefined {
  const manifest = MediaManifestSchema.safeParse(value);
  if (manifest.success) return manifest.data;
  const earlier = EarlierSchema.safeParse(value);
  if (!earlier.success) return undefined;
  const { film, ...shared } = earlier.data;
  return { ...shared, version: 2, kind, ...(film && { details: { composed: true } }) };
}

export async function writeManifest(path: string, manifest: MediaManifest): Promise<void> {
  await writeAtomically(path, JSON.stringify(manifest, null, 1));
}
