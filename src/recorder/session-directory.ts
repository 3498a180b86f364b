import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, undefinedIfMissing, withoutMark } from '../storage/atomic-file.ts';
import { folderName } from '../storage/folder-name.ts';
import { SessionFailure } from './session-failure.ts';

/** Maximum length of a file name, in characters. */
const maxNameLength = 125;
const suffixLength = '_yyyy-MM-dd-HH-mm-ss.mp4'.length;

/** @returns the name of a session's folder in the folder of recordings; empty when the id is empty */
export function sessionFolder(sessionId: string): string {
  return folderName(sessionId, sessionId.replace(/[^\w-]/g, '_'));
}

/** @param start used in local time, as common scripts expect */
export function recordingName(callName: string, start: Date): string {
  const safe = callName.replace(/[/\\\p{Cc}]/gu, '_').replace(/^\.+/, (dots) => '_'.repeat(dots.length));
  const digits = (value: number, length = 2) => String(value).padStart(length, '0');
  const day = [digits(start.getFullYear(), 4), digits(start.getMonth() + 1), digits(start.getDate())];
  const time = [digits(start.getHours()), digits(start.getMinutes()), digits(start.getSeconds())];
  return `${cut(safe)}_${[...day, ...time].join('-')}.mp4`;
}

/** Suffix of the marks of names that are in use, and the time after which one is left by a crash, in ms: it matters for a second only. */
const markSuffix = '.name';
const abandonedAfter = 24 * 60 * 60 * 1000;

/** The folder of what is noted about sessions. @param recordings absolute path of the folder with the directories of all sessions */
export const notesFolder = (recordings: string) => join(recordings, '.sessions');

/** The directory of a session, which other sessions with the same id may share. */
export class SessionDirectory {
  /** Name of the folder in the folder of recordings. */
  readonly folder: string;
  readonly path: string;
  readonly #notes: string;

  constructor(recordings: string, sessionId: string) {
    this.#notes = notesFolder(recordings);
    this.folder = sessionFolder(sessionId);
    this.path = join(recordings, this.folder);
  }

  /** Creates the directory. @throws SessionFailure directory, directoryNotWritable */
  async create(): Promise<void> {
    await makeFolder(this.path, 0o750).catch(() => {
      throw new SessionFailure('directory');
    });
    await access(this.path, constants.W_OK | constants.X_OK).catch(() => {
      throw new SessionFailure('directoryNotWritable');
    });
  }

  /**
   * @returns a unique name for the session's file: of two that start within the same second, one uses the next second. Servers that share the
   * folder respect each other's names
   */
  async reserve(callName: string, startedAt: number): Promise<string> {
    await makeFolder(this.#notes);
    for (let time = startedAt; ; time += 1000) {
      const name = recordingName(callName, new Date(time));
      if (!(await this.#mark(name))) continue;
      // Another session may have completed its file meanwhile.
      const names = await readdir(this.path);
      if (!names.some((each) => withoutMark(each) === name)) return name;
      await this.release(name);
    }
  }

  /** To be called when the file has been written. Idempotent. */
  async release(name: string): Promise<void> {
    await rm(this.#markOf(name), { force: true });
  }

  /** @returns whether nobody else uses the name */
  async #mark(name: string): Promise<boolean> {
    try {
      await (await open(this.#markOf(name), 'wx')).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }

  #markOf(name: string): string {
    const hash = createHash('sha256').update(join(this.folder, name)).digest('hex');
    return join(this.#notes, `${hash}${markSuffix}`);
  }
}

/** Removes marks of names that a crash has left. @param now in ms since the Unix epoch */
export async function dropAbandonedNames(notes: string, now: number): Promise<void> {
  for (const name of await readdir(notes).catch(() => [])) {
    if (!name.endsWith(markSuffix)) continue;
    const { mtimeMs = now } = (await stat(join(notes, name)).catch(undefinedIfMissing)) ?? {};
    if (now - mtimeMs > abandonedAfter) await rm(join(notes, name), { force: true });
  }
}

/** Cuts a name between characters, to the maximum in characters and to the file system's limit of 255 bytes. */
function cut(name: string): string {
  let kept = '';
  for (const character of name) {
    if (kept.length + character.length > maxNameLength - suffixLength) break;
    if (Buffer.byteLength(kept + character) > 255 - suffixLength - '.whole.part'.length) break;
    kept += character;
  }
  return kept;
}
