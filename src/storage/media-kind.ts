import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaManifest, manifestName, type NewManifest } from './media-manifest.ts';

/** How a file of a medium is uploaded. */
export interface FileTraits {
  /** Content type. @defaultValue that of the store */
  readonly contentType?: string;
  /** Whether it is uploaded after all other files, because it refers to them. */
  readonly last?: boolean;
  /** Whether it is only appended to, so that parts of it can be uploaded while it grows. */
  readonly appended?: boolean;
  /** Whether its first bytes are written once more when it is complete, so that the part with them is uploaded last. */
  readonly headLast?: boolean;
}

/** A medium that is not written to any more. */
export interface EndedMedia {
  readonly folder: string;
  readonly manifest: MediaManifest;
  /** Whether its server died, so that its files may be incomplete. */
  readonly interrupted: boolean;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Resolves those that wait for complete files, when further work remains that may take long. */
  readonly onComplete: () => void;
  /** Stores data of the kind in the manifest. */
  readonly keep: (details: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** The result of a completion, where it is not a full success. */
export interface FinishResult {
  /** What is missing; the rest is complete, and the next server retries. */
  readonly missing?: string;
  /** Whether the end of the server cut it off. */
  readonly isCutOff?: boolean;
}

/** A medium of an earlier version without a manifest, or with one in another place. */
export interface Stray extends NewManifest {
  /** Absolute path. */
  readonly folder: string;
  /** Called when its new manifest has been written. */
  readonly onTaken?: () => Promise<void>;
}

/** What the store needs to know of the media of one producer. */
export interface MediaKind {
  /** Name of the kind in manifests. */
  readonly name: string;
  /** Start of log sentences, such as `A recording`. */
  readonly title: string;
  /** Absolute path of the folder that contains all media of the kind. */
  readonly root: string;
  /**
   * Absolute path of the folder of manifests, for kinds whose media folders are read by others. Media that is replaced before it was uploaded
   * is moved there, too. Undefined: the manifest is in the folder of its medium, `<root>/<room>/<medium>`.
   */
  readonly manifests?: string;
  /** Number of trailing names of the folder's path that prefix the keys in the store. @defaultValue 2 */
  readonly keyDepth?: 1;
  /** Whether a medium replaces an earlier one in the same folder. */
  readonly replaces?: boolean;
  /** Whether it starts on a full disk, too, and handles a lack of space itself. */
  readonly startsWhenFull?: boolean;
  /** Whether an empty folder of a medium is kept while its room exists. */
  readonly keepsEmptyFolders?: boolean;
  /** Whether media left by a crash is completed before the server listens. */
  readonly urgent?: boolean;

  /** Called first. */
  prepare?(): Promise<void>;
  /** Creates an empty folder for a new medium. @returns its absolute path */
  makeFolder?(roomId: string, startedAt: number): Promise<string>;
  /** Name of a manifest in {@link manifests}, without extension. */
  manifestName?(roomId: string, startedAt: number): string;
  /** How a finished file is uploaded. @returns undefined when it does not belong to the medium */
  traits(name: string, manifest: MediaManifest): FileTraits | undefined;
  /**
   * Completes the files, after a regular end or a crash. May be called again after any result.
   * @throws when it is to be retried
   */
  finish(media: EndedMedia): Promise<FinishResult | undefined>;
  /**
   * What happens to a medium that is complete and uploaded, if it was to be. `keep`: it is subject to retention. `forget`: its files are kept
   * for ever. `remove`: it is deleted.
   */
  outcome?(manifest: MediaManifest): 'keep' | 'forget' | 'remove';
  /** Whether retention may delete it although it has not been uploaded. */
  isExpendable?(manifest: MediaManifest): boolean;
  /** Called when all of it has been uploaded. */
  onUploaded?(manifest: MediaManifest): void;
  /** Called once, when the upload has failed so far; it may be retried. */
  onUploadFailed?(manifest: MediaManifest): void;
  /** Reads a manifest of an earlier version. @param modifiedAt time of its last change, in ms since the Unix epoch */
  upgrade?(value: unknown, modifiedAt: number): MediaManifest | undefined;
  /** Finds media of earlier versions. @param known folders of media that have a manifest @param isFirst whether the server starts */
  strays?(known: ReadonlySet<string>, isFirst: boolean): Promise<readonly Stray[]>;
}

/** Folders of media, which are in folders that are named after their rooms. */
export async function roomMedia(root: string): Promise<{ room: string; folder: string }[]> {
  // A folder that cannot be read, such as `lost+found`, does not keep the server from the rest.
  const found = (await foldersIn(root)).map(async (room) =>
    (await foldersIn(join(root, room)).catch(() => [])).map((name) => ({ room, folder: join(root, room, name) })),
  );
  return (await Promise.all(found)).flat();
}

/** Folders of the manifests of a kind. */
export async function manifestPaths({ root, manifests }: MediaKind): Promise<string[]> {
  if (manifests === undefined) return (await roomMedia(root)).map(({ folder }) => join(folder, manifestName));
  const names = await readdir(manifests).catch(noneIfMissing);
  return names.flatMap((name) => (name.endsWith('.json') ? [join(manifests, name)] : []));
}

/** Names of the folders in a folder; none when it does not exist. */
export async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(noneIfMissing);
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** Ignores that a folder does not exist: it is created when it is first needed. */
function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}
