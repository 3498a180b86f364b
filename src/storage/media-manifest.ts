import { open } from 'node:fs/promises';
import { z } from 'zod';
import { writeAtomically } from './atomic-file.ts';

/**
 * `recording`: files grow. `finalising`: no more media comes; files are being completed. `stored`: complete, and meant to stay on this
 * host. `uploading`: complete, not all of it is known to be in the store. `uploaded`: all of it is, verified. `failed`: see the reason.
 */
const MediaStateSchema = z.enum(['recording', 'finalising', 'stored', 'uploading', 'uploaded', 'failed']);

/** State of an unfinished multipart upload. */
const ProgressSchema = z.object({
  uploadId: z.string(),
  partSize: z.int().positive(),
  etags: z.array(z.string()).readonly(),
  lacksFirst: z.boolean().optional(),
});

const FileSchema = z.object({
  /** Size in bytes. */
  size: z.int().min(0),
  /** SHA-256, hexadecimal. */
  sha256: z.string(),
  /** Modification time of the file when the checksum was computed, in ms since the Unix epoch. */
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
  /** Machine and PID namespace of the process. */
  host: z.string(),
  process: z.string(),
});

const SharedSchema = z.object({
  state: MediaStateSchema,
  /** Why it failed, finally or until the next start, or why the upload has not succeeded yet. */
  reason: z.string().optional(),
  roomId: z.string(),
  /** Origin of its clock, in ms since the Unix epoch. */
  startedAt: z.number(),
  /** In ms since the Unix epoch. */
  endedAt: z.number().optional(),
  upload: UploadSchema.optional(),
  /** By name, once they are complete. */
  files: z.record(z.string(), FileSchema),
  /** By name, for incomplete files: the parts that are in the store already. */
  growing: z.record(z.string(), ProgressSchema).optional(),
});

/** The state of a medium on disk, with which any later process can continue. */
const MediaManifestSchema = SharedSchema.extend({
  version: z.literal(2),
  /** Name of the {@link MediaKind}. */
  kind: z.string(),
  /** Path of the folder relative to the root of the kind; absent when the manifest is in the folder. */
  folder: z.string().optional(),
  /** Absent: no process works on it. */
  owner: OwnerSchema.optional(),
  /** Data of its kind. */
  details: z.record(z.string(), z.unknown()).optional(),
  /** What is missing of an otherwise complete medium; it is retried at the next start. */
  missing: z.string().optional(),
});

/** Manifests of the first version. `film`: whether the room was to be recorded as a composite, too. */
const EarlierSchema = SharedSchema.extend({ version: z.literal(1), film: z.boolean().optional() });

export type MediaState = z.output<typeof MediaStateSchema>;
export type MediaManifest = z.output<typeof MediaManifestSchema>;
/** The properties of a new medium. */
export type NewManifest = Omit<Partial<MediaManifest>, 'roomId' | 'startedAt'> &
  Pick<MediaManifest, 'roomId' | 'startedAt'>;
export type ManifestFile = z.output<typeof FileSchema>;
export type Owner = z.output<typeof OwnerSchema>;

/** Name of the manifest in the folder of the medium. */
export const manifestName = 'manifest.json';

/** A manifest on disk. */
export interface ReadManifest {
  readonly value: unknown;
  /** Time of its last change or heartbeat, in ms since the Unix epoch. */
  readonly modifiedAt: number;
}

/** Reads a manifest. @returns undefined when there is none or it is invalid */
export async function readManifest(path: string): Promise<ReadManifest | undefined> {
  try {
    // Opened first: on a shared file system only this guarantees the newest modification time.
    await using file = await open(path);
    const { mtimeMs: modifiedAt } = await file.stat();
    return { value: JSON.parse(await file.readFile('utf8')), modifiedAt };
  } catch {
    return undefined;
  }
}

/** Parses a manifest. @param kind for manifests of the first version, which have none. @returns undefined when it is invalid */
export function parseManifest(value: unknown, kind: string): MediaManifest | undefined {
  const manifest = MediaManifestSchema.safeParse(value);
  if (manifest.success) return manifest.data;
  const earlier = EarlierSchema.safeParse(value);
  if (!earlier.success) return undefined;
  const { film, ...shared } = earlier.data;
  return { ...shared, version: 2, kind, ...(film && { details: { composed: true } }) };
}

export async function writeManifest(path: string, manifest: MediaManifest): Promise<void> {
  await writeAtomically(path, JSON.stringify(manifest));
}
