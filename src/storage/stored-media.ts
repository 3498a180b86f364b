import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { isUnfinished, removeEmpty, undefinedIfMissing, withoutMark } from './atomic-file.ts';
import { containedPath } from './contained-path.ts';
import type { Lease } from './lease.ts';
import type { MediaKind } from './media-kind.ts';
import {
  type ManifestFile,
  type MediaManifest,
  type MediaState,
  manifestName,
  type NewManifest,
  parseManifest,
  readManifest,
  writeManifest,
} from './media-manifest.ts';
import { isBeginningOf, type UploadProgress } from './multipart-upload.ts';
import { fingerprint, type S3Bucket } from './s3-bucket.ts';

/** A medium: a folder, its files, and a manifest. Every change of its state is on disk before it takes effect in memory. */
export class StoredMedia {
  readonly kind: MediaKind;
  /** Path of the manifest. */
  readonly path: string;
  /** Time of the last heartbeat when it was loaded, in ms since the Unix epoch. */
  heartbeatAt = 0;
  /** Whether another server works on it, because this one was blocked for long. */
  isLost = false;
  readonly #lease: Lease;
  #manifest: MediaManifest;
  #folder: string;
  #turn: Promise<unknown> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #forgotten = false;

  private constructor(kind: MediaKind, path: string, manifest: MediaManifest, lease: Lease) {
    this.kind = kind;
    this.path = path;
    this.#lease = lease;
    this.#manifest = manifest;
    this.#folder = manifest.folder === undefined ? dirname(path) : join(kind.root, manifest.folder);
  }

  /** Creates a manifest that we own. @param path of the manifest */
  static async create(kind: MediaKind, path: string, manifest: NewManifest, lease: Lease): Promise<StoredMedia> {
    const begun: MediaManifest = { state: 'recording', files: {}, ...manifest, version: 2, kind: kind.name };
    const media = new StoredMedia(kind, path, begun, lease);
    await media.take();
    return media;
  }

  /** Loads a medium. @returns undefined when there is no manifest or it refers to another folder */
  static async load(kind: MediaKind, path: string, lease: Lease): Promise<StoredMedia | undefined> {
    const read = await readManifest(path);
    const manifest = read && (kind.upgrade?.(read.value, read.modifiedAt) ?? parseManifest(read.value, kind.name));
    if (!read || !manifest || !leadsBelow(kind, manifest)) return undefined;
    const media = new StoredMedia(kind, path, manifest, lease);
    // It was moved aside, but its server died before it could write that down.
    if (await isFolder(media.#aside)) media.#folder = media.#aside;
    media.heartbeatAt = read.modifiedAt;
    return media;
  }

  /** Absolute path. */
  get folder(): string {
    return this.#folder;
  }

  get manifest(): MediaManifest {
    return this.#manifest;
  }

  get state(): MediaState {
    return this.#manifest.state;
  }

  /** Total size of its files, once they are complete, in bytes. */
  get size(): number {
    return Object.values(this.#manifest.files).reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether it is complete, and uploaded if it was to be. Something may be missing. */
  get isSafe(): boolean {
    const { state, upload, files } = this.#manifest;
    if (state !== 'failed') return state === 'stored' || state === 'uploaded';
    return !upload || Object.values(files).every(({ uploaded }) => uploaded);
  }

  /** Whether work remains, now or after a restart. */
  get isPending(): boolean {
    const { state, upload, missing } = this.#manifest;
    if (state === 'failed') return missing !== undefined || upload !== undefined;
    return state !== 'stored' && state !== 'uploaded';
  }

  /** Runs a task exclusively, after all earlier ones. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task, task);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  /** Takes ownership, unless another process was faster. @returns whether it is ours */
  async take(): Promise<boolean> {
    if ((await this.#ownerNow())?.id !== this.#manifest.owner?.id) return false;
    await this.#write({ ...this.#manifest, owner: this.#lease.owner });
    this.#lease.hold(this.path, this.folder);
    return true;
  }

  /** Gives up ownership. */
  async release(): Promise<void> {
    if (this.#forgotten) return;
    this.#lease.release(this.path);
    if (this.#manifest.owner) await this.#save({ owner: undefined });
  }

  /** Marks the end of the media. @param endedAt in ms since the Unix epoch @param details replace those before */
  async finalise(endedAt: number, details = this.#manifest.details): Promise<void> {
    await this.#save({ state: 'finalising', endedAt: this.#manifest.endedAt ?? endedAt, details });
  }

  /** Notes details, why it failed, or why the upload has not succeeded yet. */
  async note(change: Pick<Partial<MediaManifest>, 'details' | 'reason' | 'state'>): Promise<void> {
    await this.#save(change);
  }

  /** Whether nothing of it is there. @throws when the folder is not */
  async isEmpty(): Promise<boolean> {
    return (await this.#names()).length === 0;
  }

  /**
   * All files are complete: takes down what they are, and what is next: {@link upload}, or nothing.
   * @param missing what is not there although it should be
   */
  async complete(missing: string | undefined, signal: AbortSignal): Promise<void> {
    const names = await this.#names();
    const files: Record<string, ManifestFile> = {};
    for (const name of names) {
      const file = await this.#describe(name, signal).catch(undefinedIfMissing);
      if (file) files[name] = file;
    }
    const next = this.#manifest.upload
      ? { state: 'uploading' as const, reason: undefined }
      : endState('stored', missing);
    await this.#save({ ...next, files, growing: undefined, missing });
  }

  /** Whether it has been removed from disk. In doubt it has not: a disk may be mounted again. */
  async isGone(): Promise<boolean> {
    return (
      this.#forgotten ||
      (await stat(this.folder)
        .catch(undefinedIfMissing)
        .catch(() => true)) === undefined
    );
  }

  /** Uploads missing files. @throws Error with the reason; the next call continues */
  async upload(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    if (await this.isGone()) throw new Error('The files have been removed.');
    if (this.state === 'failed') await this.#save({ state: 'uploading' });
    const isLast = (name: string) => Number(this.kind.traits(name, this.#manifest)?.last ?? false);
    const names = Object.keys(this.#manifest.files).sort((a, b) => isLast(a) - isLast(b));
    for (const name of names) await this.#uploadFile(name, bucket, signal);
    await this.removeParts(bucket, signal);
    await this.#save(endState('uploaded', this.#manifest.missing));
  }

  /** Uploads a complete file while others still grow. @throws Error with the reason */
  async uploadEarly(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    const file = await this.#describe(name, signal);
    await this.#save(({ files, growing }) => ({
      files: { ...files, [name]: file },
      growing: without(growing, name),
    }));
    await this.#uploadFile(name, bucket, signal);
  }

  /** Uploads new complete parts of a growing file. @throws Error with the reason */
  async uploadParts(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    const onProgress = (progress: UploadProgress | undefined) =>
      this.#save(({ growing }) => ({ growing: { ...without(growing, name), ...(progress && { [name]: progress }) } }));
    const progress = this.#manifest.growing?.[name];
    const { headLast } = this.kind.traits(name, this.#manifest) ?? {};
    const path = join(this.folder, name);
    await bucket.uploadParts({ path, key: this.#key(name), headLast, progress, onProgress, signal });
  }

  /** Names of files that are only appended to and not uploaded yet. */
  async appendedFiles(): Promise<string[]> {
    const isAppended = (name: string) => this.kind.traits(name, this.#manifest)?.appended === true;
    return (await this.#names()).filter((name) => isAppended(name) && !this.#manifest.files[name]?.uploaded);
  }

  /** Aborts unfinished uploads in the store. */
  async removeParts(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    await bucket.removeParts(this.#key(''), signal);
  }

  /** Moves its files aside for another medium in its folder. @returns whether there were any */
  async setAside(): Promise<boolean> {
    if (!(await isFolder(this.folder))) return false;
    await rename(this.folder, this.#aside);
    this.#folder = this.#aside;
    await this.#save({ folder: relative(this.kind.root, this.#aside) });
    return true;
  }

  /** Time of its last change, in ms since the Unix epoch. */
  async changedAt(): Promise<number> {
    const names = await readdir(this.folder).catch(undefinedIfMissing);
    const paths = [this.path, ...(names ?? []).map((name) => join(this.folder, name))];
    const times = await Promise.all(
      paths.map(async (path) => (await stat(path).catch(undefinedIfMissing))?.mtimeMs ?? 0),
    );
    return Math.max(...times);
  }

  /** Removes its files, and folders that are then empty. Files of others stay, also those that came after it was complete. */
  async delete(): Promise<void> {
    const names = (await this.#entries().catch(undefinedIfMissing)) ?? [];
    const { state, files } = this.#manifest;
    const isListed = state !== 'recording' && state !== 'finalising';
    const isOwn = (name: string) => (isListed && !isUnfinished(name) ? files[name] : this.#isOwn(withoutMark(name)));
    const own = names.filter((name) => name !== manifestName && isOwn(name));
    // Once it is forgotten, the folder may be that of another medium.
    for (const name of own) if (!this.#forgotten) await rm(join(this.folder, name), { force: true });
    await this.forget();
  }

  /** Removes the manifest, and folders without anything else. */
  async forget(): Promise<void> {
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#lease.release(this.path);
    await this.#saving;
    await rm(this.path, { force: true });
    if (this.kind.keepsEmptyFolders) return;
    // Another session may be about to write to the folder.
    if (!this.#lease.holds(this.folder)) await removeEmpty(this.folder);
    const room = dirname(this.folder);
    if (this.kind.manifests === undefined && room !== this.kind.root) await removeEmpty(room);
  }

  /** The recorded upload is valid while the file is unchanged. */
  async #describe(name: string, signal: AbortSignal): Promise<ManifestFile> {
    const path = join(this.folder, name);
    const before = this.#manifest.files[name];
    const { mtimeMs: modifiedAt, size } = await stat(path);
    if (before?.size === size && before.modifiedAt === modifiedAt) return before;
    const now = await fingerprint(path, signal);
    if (before?.size === now.size && before.sha256 === now.sha256) return { ...before, modifiedAt };
    const progress = this.#manifest.growing?.[name];
    return { ...now, modifiedAt, uploaded: false, ...(progress && isBeginningOf(progress, now.size) && { progress }) };
  }

  async #uploadFile(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    // A manifest may have been edited, and name files of others.
    const isHere = name === basename(name);
    const file = isHere ? await this.#describe(name, signal).catch(undefinedIfMissing) : undefined;
    if (file !== this.#manifest.files[name]) await this.#saveFile(name, file);
    if (!file || file.uploaded) return;
    await bucket.upload({
      ...{ path: join(this.folder, name), key: this.#key(name), size: file.size, sha256: file.sha256, signal },
      ...this.kind.traits(name, this.#manifest),
      progress: file.progress,
      onProgress: (progress) => this.#saveFile(name, { ...file, progress }),
    });
    await this.#saveFile(name, { ...file, uploaded: true, progress: undefined });
  }

  #key(name: string): string {
    const { prefix = '' } = this.#manifest.upload ?? {};
    // Stores resolve these segments in request paths, which leads to other buckets, or refuse them.
    const names = prefix.split('/').filter((each) => each !== '' && each !== '.' && each !== '..');
    const folders = this.folder.split(sep).slice(-(this.kind.keyDepth ?? 2));
    return [...names, ...folders, name].join('/');
  }

  /** Its folder after it was moved aside. */
  get #aside(): string {
    return this.kind.manifests === undefined ? '' : join(this.kind.manifests, basename(this.path, '.json'));
  }

  async #names(): Promise<string[]> {
    return (await this.#entries()).filter((name) => this.#isMedia(name)).sort();
  }

  async #entries(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  }

  #isMedia(name: string): boolean {
    return name !== manifestName && !isUnfinished(name) && this.#isOwn(name);
  }

  #isOwn(name: string): boolean {
    return this.kind.traits(name, this.#manifest) !== undefined;
  }

  /** @param file undefined: it has been removed */
  async #saveFile(name: string, file: ManifestFile | undefined): Promise<void> {
    await this.#save(({ files }) => ({ files: { ...without(files, name), ...(file && { [name]: file }) } }));
  }

  /** Writes are sequential, so that none overwrites a later one. */
  async #save(change: Partial<MediaManifest> | ((manifest: MediaManifest) => Partial<MediaManifest>)): Promise<void> {
    const saving = this.#saving.then(async () => {
      if (this.#forgotten) return;
      const owner = await this.#ownerNow();
      // This process was blocked for so long that another one took over.
      if (owner && owner.id !== this.#lease.owner.id) {
        this.isLost = true;
        this.#lease.release(this.path);
        throw new Error('Another server has taken this over.');
      }
      const changed = typeof change === 'function' ? change(this.#manifest) : change;
      await this.#write({ ...this.#manifest, ...changed });
    });
    this.#saving = saving.catch(() => undefined);
    await saving;
  }

  async #ownerNow(): Promise<MediaManifest['owner']> {
    const { value, modifiedAt = 0 } = (await readManifest(this.path)) ?? {};
    return (this.kind.upgrade?.(value, modifiedAt) ?? parseManifest(value, this.kind.name))?.owner;
  }

  async #write(manifest: MediaManifest): Promise<void> {
    await writeManifest(this.path, manifest);
    this.#manifest = manifest;
  }
}

function without<T>(all: Readonly<Record<string, T>> = {}, name: string): Record<string, T> {
  const { [name]: _, ...others } = all;
  return others;
}

function endState(state: 'stored' | 'uploaded', missing: string | undefined): Pick<MediaManifest, 'state' | 'reason'> {
  return missing === undefined ? { state, reason: undefined } : { state: 'failed', reason: missing };
}

/** A manifest may have been edited, so its paths are checked. */
function leadsBelow({ root, manifests }: MediaKind, { folder }: MediaManifest): boolean {
  if (manifests === undefined) return folder === undefined;
  return folder !== undefined && containedPath(root, folder) === folder;
}

async function isFolder(path: string): Promise<boolean> {
  return path !== '' && ((await stat(path).catch(undefinedIfMissing))?.isDirectory() ?? false);
}
