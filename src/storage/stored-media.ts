import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unfinishedSuffix } from './atomic-file.ts';
import {
  type ManifestFile,
  type MediaManifest,
  type MediaState,
  manifestName,
  readManifest,
  writeManifest,
} from './media-manifest.ts';
import { isBeginningOf, type UploadProgress } from './multipart-upload.ts';
import { reportName } from './recording-report.ts';
import { fingerprint, type S3Bucket } from './s3-bucket.ts';

/** What a name ends in while the file is being made. */
export const partSuffix = '.part';

/** Of files whose bytes, once written, never change. */
const appendedSuffix = '.mkv';

/** Of a room as one picture; later ones have a number. */
const filmName = /^room(-\d+)?\.mp4$/;
/** What is there is safe; the film is tried again at the next start. */
const withoutFilm = { state: 'failed', reason: 'The room could not be composed: there is no film of it.' } as const;

/** One folder of media and its manifest. Calls come one after the other. */
export class StoredMedia {
  readonly folder: string;
  #manifest: MediaManifest;

  private constructor(folder: string, manifest: MediaManifest) {
    this.folder = folder;
    this.#manifest = manifest;
  }

  /** @param folder exists, and is empty */
  static async create(
    folder: string,
    manifest: Omit<MediaManifest, 'version' | 'state' | 'files'>,
  ): Promise<StoredMedia> {
    const media = new StoredMedia(folder, { version: 1, state: 'recording', files: {}, ...manifest });
    await media.#save({});
    return media;
  }

  /** @returns undefined when the folder has no manifest */
  static async load(folder: string): Promise<StoredMedia | undefined> {
    const manifest = await readManifest(folder);
    return manifest && new StoredMedia(folder, manifest);
  }

  get manifest(): MediaManifest {
    return this.#manifest;
  }

  get state(): MediaState {
    return this.#manifest.state;
  }

  /** Bytes of its files, once they are complete. */
  get size(): number {
    return Object.values(this.#manifest.files).reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether all there will be of it is complete, and in the store if it was to be there. It may lack its film. */
  get isSafe(): boolean {
    const { state, upload, files } = this.#manifest;
    if (state !== 'failed') return state === 'stored' || state === 'uploaded';
    return !upload || Object.values(files).every(({ uploaded }) => uploaded);
  }

  /** @param endedAt ms since the Unix epoch */
  async finalise(endedAt: number): Promise<void> {
    await this.#save({ state: 'finalising', endedAt: this.#manifest.endedAt ?? endedAt });
  }

  /**
   * All files are complete: takes down what they are, and what is next: {@link upload}, or nothing.
   * @returns whether there are any; without, nothing is left of it but the empty folder
   */
  async complete(signal: AbortSignal): Promise<boolean> {
    const files: Record<string, ManifestFile> = {};
    for (const name of await this.#mediaFiles()) {
      files[name] = await this.#describe(name, signal);
    }
    if (Object.keys(files).length === 0) {
      await rm(join(this.folder, manifestName), { force: true });
      return false;
    }
    const next = this.#manifest.upload
      ? { state: 'uploading' as const, reason: undefined }
      : this.#whenIn('stored', files);
    await this.#save({ ...next, files, growing: undefined });
    return true;
  }

  /** Whether there is media, but not as the one picture that it was to be, too. */
  async lacksFilm(): Promise<boolean> {
    const names = await this.#mediaFiles();
    return names.length > 0 && this.#isFilmMissing(names);
  }

  /** Uploads what is not there yet, the report last. @throws Error that says why; the next call goes on */
  async upload(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    if (this.state === 'failed') await this.#save({ state: 'uploading' });
    const names = Object.keys(this.#manifest.files).sort((a, b) => Number(a === reportName) - Number(b === reportName));
    for (const name of names) await this.#uploadFile(name, bucket, signal);
    await this.removeParts(bucket, signal);
    await this.#save(this.#whenIn('uploaded', this.#manifest.files));
  }

  /** Uploads a file that is complete while others still grow. @throws Error that says why */
  async uploadEarly(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    const file = await this.#describe(name, signal);
    const { [name]: _, ...growing } = this.#manifest.growing ?? {};
    await this.#save({ files: { ...this.#manifest.files, [name]: file }, growing });
    await this.#uploadFile(name, bucket, signal);
  }

  /** Uploads what a file that still grows has gained in whole parts. @throws Error that says why */
  async uploadParts(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    const onProgress = async (progress: UploadProgress | undefined) => {
      const { [name]: _, ...others } = this.#manifest.growing ?? {};
      await this.#save({ growing: progress ? { ...others, [name]: progress } : others });
    };
    const progress = this.#manifest.growing?.[name];
    await bucket.uploadParts({ path: join(this.folder, name), key: this.#key(name), progress, onProgress, signal });
  }

  /** Names of files that are only appended to and are not uploaded. */
  async appendedFiles(): Promise<string[]> {
    const names = await this.#mediaFiles();
    return names.filter((name) => name.endsWith(appendedSuffix) && !this.#manifest.files[name]?.uploaded);
  }

  /** Removes what was sent of uploads that nobody goes on with. */
  async removeParts(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    await bucket.removeParts(this.#key(''), signal);
  }

  async fail(reason: string): Promise<void> {
    await this.#save({ state: 'failed', reason });
  }

  /** Why the upload has not succeeded yet; it will be tried again. */
  async note(reason: string): Promise<void> {
    await this.#save({ reason });
  }

  /** Removes everything. */
  async delete(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What is known of its upload holds as long as the file is the same. */
  async #describe(name: string, signal: AbortSignal): Promise<ManifestFile> {
    const now = await fingerprint(join(this.folder, name), signal);
    const before = this.#manifest.files[name];
    const isSame = before?.size === now.size && before.sha256 === now.sha256;
    if (isSame) return before;
    const progress = this.#manifest.growing?.[name];
    return { ...now, uploaded: false, ...(progress && isBeginningOf(progress, now.size) && { progress }) };
  }

  async #uploadFile(name: string, bucket: S3Bucket, signal: AbortSignal): Promise<void> {
    const file = this.#manifest.files[name];
    if (!file || file.uploaded) return;
    await bucket.upload({
      path: join(this.folder, name),
      key: this.#key(name),
      size: file.size,
      sha256: file.sha256,
      progress: file.progress,
      onProgress: (progress) => this.#saveFile(name, { progress }),
      signal,
    });
    await this.#saveFile(name, { uploaded: true, progress: undefined });
  }

  /** docs/contracts/fishjam-config.md 5.1. */
  #key(name: string): string {
    const { prefix = '' } = this.#manifest.upload ?? {};
    // Stores resolve these in the paths of requests, which leads to other buckets, or refuse them.
    const names = prefix.split('/').filter((each) => each !== '' && each !== '.' && each !== '..');
    return [...names, basename(dirname(this.folder)), basename(this.folder), name].join('/');
  }

  /** Where the media is now all there is of it. */
  #whenIn(state: 'stored' | 'uploaded', files: MediaManifest['files']): Pick<MediaManifest, 'state' | 'reason'> {
    return this.#isFilmMissing(Object.keys(files)) ? withoutFilm : { state, reason: undefined };
  }

  #isFilmMissing(names: readonly string[]): boolean {
    return this.#manifest.film === true && !names.some((name) => filmName.test(name));
  }

  async #mediaFiles(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isFile() && isMedia(entry.name) ? [entry.name] : [])).sort();
  }

  async #saveFile(name: string, change: Partial<ManifestFile>): Promise<void> {
    const file = this.#manifest.files[name];
    if (file) await this.#save({ files: { ...this.#manifest.files, [name]: { ...file, ...change } } });
  }

  async #save(change: Partial<MediaManifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...change };
    await writeManifest(this.folder, this.#manifest);
  }
}

/** Not what we keep beside it, nor what was never finished. */
function isMedia(name: string): boolean {
  return name !== manifestName && !name.endsWith(unfinishedSuffix) && !name.endsWith(partSuffix);
}
