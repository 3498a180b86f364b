import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaManifest, manifestName, type NewManifest } from './media-manifest.ts';

/** How a file of a medium is uploaded. */
export interface FileTraits {
  /** @defaultValue what the store makes of it */
  readonly contentType?: string;
  /** Uploaded when all others are there: it speaks of them. */
  readonly last?: boolean;
  /** Its bytes, once written, never change: parts of it may be uploaded while it grows. */
  readonly appended?: boolean;
}

/** A medium to which nobody writes any more. */
export interface EndedMedia {
  readonly folder: string;
  readonly manifest: MediaManifest;
  /** Whether its server died, so that its files may be torn. */
  readonly interrupted: boolean;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Tells whoever waits that the files are complete, when more remains to be done that may take long. */
  readonly onComplete: () => void;
  /** Keeps what only the kind understands. */
  readonly keep: (details: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** What came of the completion of a medium, where that is not everything. */
export interface FinishResult {
  /** What is not there although it should be; the rest is complete, and the next server tries again. */
  readonly missing?: string;
  /** Whether the end of the server cut it off. */
  readonly isCutOff?: boolean;
}

/** A medium of an earlier version that has no manifest, or has it elsewhere. */
export interface Stray extends NewManifest {
  /** Absolute path. */
  readonly folder: string;
  /** Called when it has a manifest of ours. */
  readonly onTaken?: () => Promise<void>;
}

/** What the store has to know of the media of one producer. */
export interface MediaKind {
  /** Stands in manifests. */
  readonly name: string;
  /** Begins sentences of the log: `A recording`. */
  readonly title: string;
  /** Absolute path of the folder below which all media lies. */
  readonly root: string;
  /**
   * Absolute path of the folder of the manifests, where others read the folders of the media. Media that has to make way for another is
   * moved there, too. Undefined: each lies in the folder of its medium, `<root>/<room>/<medium>`.
   */
  readonly manifests?: string;
  /** How many names of the folder's path the keys in the store begin with. @defaultValue 2 */
  readonly keyDepth?: 1;
  /** Whether one medium replaces an earlier one in the same folder. */
  readonly replaces?: boolean;
  /** Whether it begins on a full disk, too, and looks after the space itself. */
  readonly startsWhenFull?: boolean;
  /** Whether an empty folder of a medium stays as long as its room does. */
  readonly keepsEmptyFolders?: boolean;
  /** Whether what a crash has left is completed before the server listens. */
  readonly urgent?: boolean;

  /** Called before anything else. */
  prepare?(): Promise<void>;
  /** Makes an empty folder for a medium that was begun without one. @returns its absolute path */
  makeFolder?(roomId: string, startedAt: number): Promise<string>;
  /** Name of a manifest in {@link manifests}, without ending. */
  manifestName?(roomId: string, startedAt: number): string;
  /** @returns undefined when a file that is not being written is none of the medium's */
  traits(name: string, manifest: MediaManifest): FileTraits | undefined;
  /**
   * Makes the files complete, in order or after a crash. May be called again, whatever came of it before.
   * @throws when it has to be tried again
   */
  finish(media: EndedMedia): Promise<FinishResult | undefined>;
  /**
   * What becomes of a medium that is where it was to be. `keep`: it is subject to retention. `forget`: its files stay, for ever.
   * `remove`: it goes.
   */
  outcome?(manifest: MediaManifest): 'keep' | 'forget' | 'remove';
  /** Whether retention may remove it although it was never uploaded. */
  isExpendable?(manifest: MediaManifest): boolean;
  /** All of it is in the store. */
  onUploaded?(manifest: MediaManifest): void;
  /** It could not be uploaded so far; it may be tried again. Called once. */
  onUploadFailed?(manifest: MediaManifest): void;
  /** Reads a manifest of an earlier version. @param modifiedAt when it was written, in ms since the Unix epoch */
  upgrade?(value: unknown, modifiedAt: number): MediaManifest | undefined;
  /** Finds what earlier versions left. @param known folders of media that have a manifest @param isFirst whether the server starts */
  strays?(known: ReadonlySet<string>, isFirst: boolean): Promise<readonly Stray[]>;
}

/** Folders with media that lie below the folders of their rooms. */
export async function roomMedia(root: string): Promise<{ roomId: string; folder: string }[]> {
  const found = (await foldersIn(root)).map(async (roomId) =>
    (await foldersIn(join(root, roomId))).map((name) => ({ roomId, folder: join(root, roomId, name) })),
  );
  return (await Promise.all(found)).flat();
}

/** Where manifests of a kind lie, or would if there were any. */
export async function manifestPaths({ root, manifests }: MediaKind): Promise<string[]> {
  if (manifests === undefined) return (await roomMedia(root)).map(({ folder }) => join(folder, manifestName));
  const names = await readdir(manifests).catch(noneIfMissing);
  return names.flatMap((name) => (name.endsWith('.json') ? [join(manifests, name)] : []));
}

/** Names of the folders in a folder, which need not exist. */
export async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(noneIfMissing);
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** A folder is made with the first of what it is for. */
function noneIfMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}
