import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ShoalError } from '../../error/shoal-error.ts';
import { containedPath, isUnreachable, openContained, type StoredFile } from '../../storage/contained-path.ts';
import { folderName } from '../../storage/folder-name.ts';

/** Start of the names of folders that are being deleted. No id of a room has a dot. */
const deletedPrefix = '.deleted-';

/** Deletes what a server that died did not get to. What cannot be deleted stays. @param folder of the recordings */
export async function removeDeleted(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(deletedPrefix)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The finished persistent HLS streams: docs/contracts/fishjam-rest.md 8. The id of a recording is that of its room. */
export class Recordings {
  readonly #folder: string;
  readonly #isLive: (name: string) => boolean;

  /** @param isLive whether the stream in a folder of this name is live or about to be, and so not a recording yet */
  constructor(folder: string, isLive: (name: string) => boolean) {
    this.#folder = folder;
    this.#isLive = isLive;
  }

  /** Ids of recordings. @throws ShoalError recordingsUnavailable */
  async list(): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter((name) => !name.startsWith(deletedPrefix) && !this.#isLive(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new ShoalError('recordingsUnavailable');
    }
  }

  /** Deletes a recording. @throws ShoalError invalidRecordingId, recordingNotFound */
  async delete(id: string): Promise<void> {
    const path = containedPath(this.#folder, id);
    if (path === undefined) throw new ShoalError('invalidRecordingId', id);
    const name = await this.#find(path);
    const deleted = join(this.#folder, `${deletedPrefix}${randomUUID()}`);
    // At once: a stream that begins now gets a new folder.
    if (name === undefined || !this.#isRenamed(name, deleted)) throw new ShoalError('recordingNotFound');
    await rm(deleted, { recursive: true, force: true });
  }

  /**
   * Opens one file of a recording; the caller closes it.
   * @throws ShoalError invalidRecording, invalidRecordingFilename, fileNotFound
   */
  async open(id: string, filename: string): Promise<StoredFile> {
    const contained = containedPath(this.#folder, id);
    if (contained === undefined) throw new ShoalError('invalidRecording', id);
    const name = await this.#find(contained);
    if (name === undefined) throw new ShoalError('fileNotFound');
    const folder = join(this.#folder, name);
    const path = containedPath(folder, filename);
    if (path === undefined) throw new ShoalError('invalidRecordingFilename', filename);
    const file = await openContained(this.#folder, join(name, path));
    if (!file) throw new ShoalError('fileNotFound');
    return file;
  }

  /** Whether it is no live stream and could be renamed. */
  #isRenamed(name: string, other: string): boolean {
    if (this.#isLive(name)) return false;
    try {
      renameSync(join(this.#folder, name), other);
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }

  /** Finds the name of a recording's folder. */
  async #find(id: string): Promise<string | undefined> {
    for (const name of new Set([id, folderName(id)])) if (await this.#exists(name)) return name;
    return undefined;
  }

  /** Recordings are directly in the folder; deeper paths are parts of one. */
  async #exists(name: string): Promise<boolean> {
    if (name.includes(sep) || name.startsWith(deletedPrefix) || this.#isLive(name)) return false;
    try {
      await lstat(join(this.#folder, name));
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }
}
