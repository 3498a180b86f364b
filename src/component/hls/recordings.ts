import { lstat, readdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ShoalError } from '../../error/shoal-error.ts';
import { containedPath, isUnreachable, openContained, type StoredFile } from '../../storage/contained-path.ts';

/** The finished persistent HLS streams: docs/contracts/fishjam-rest.md 8. The id of a recording is that of its room. */
export class Recordings {
  readonly #folder: string;
  readonly #isLive: (id: string) => boolean;

  /** @param isLive whether a stream with this id is live, and so not a recording yet */
  constructor(folder: string, isLive: (id: string) => boolean) {
    this.#folder = folder;
    this.#isLive = isLive;
  }

  /** Ids of recordings. @throws ShoalError recordingsUnavailable */
  async list(): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter((name) => !this.#isLive(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new ShoalError('recordingsUnavailable');
    }
  }

  /** Deletes a recording. @throws ShoalError invalidRecordingId, recordingNotFound */
  async delete(id: string): Promise<void> {
    const name = containedPath(this.#folder, id);
    if (name === undefined) throw new ShoalError('invalidRecordingId', id);
    if (!(await this.#exists(name))) throw new ShoalError('recordingNotFound');
    await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  /**
   * Opens one file of a recording; the caller closes it.
   * @throws ShoalError invalidRecording, invalidRecordingFilename, fileNotFound
   */
  async open(id: string, filename: string): Promise<StoredFile> {
    const name = containedPath(this.#folder, id);
    if (name === undefined) throw new ShoalError('invalidRecording', id);
    if (!(await this.#exists(name))) throw new ShoalError('fileNotFound');
    const folder = join(this.#folder, name);
    const path = containedPath(folder, filename);
    if (path === undefined) throw new ShoalError('invalidRecordingFilename', filename);
    const file = await openContained(this.#folder, join(name, path));
    if (!file) throw new ShoalError('fileNotFound');
    return file;
  }

  /** Recordings are directly in the folder; deeper paths are parts of one. */
  async #exists(name: string): Promise<boolean> {
    if (name.includes(sep) || this.#isLive(name)) return false;
    try {
      await lstat(join(this.#folder, name));
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }
}
