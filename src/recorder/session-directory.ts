import { constants } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failures } from '../recorder/session-error.ts';
import { writeAtomically } from '../storage/atomic-file.ts';

/** Characters of a whole file name: docs/contracts/jibri.md 6.2. */
const longestName = 125;
const suffixLength = '_yyyy-MM-dd-HH-mm-ss.mp4'.length;

/** @returns the folder of a session below the folder of recordings: docs/contracts/jibri.md 6.1. Empty when nothing is left of the name */
export function sessionFolder(sessionId: string): string {
  return sessionId.replace(/[^\w-]/g, '_');
}

/** @param start local time counts, as scripts of the field expect */
export function recordingName(callName: string, start: Date): string {
  const safe = callName.replace(/[/\\\p{Cc}]/gu, '_').replace(/^\.+/, (dots) => '_'.repeat(dots.length));
  const digits = (value: number, length = 2) => String(value).padStart(length, '0');
  const day = [digits(start.getFullYear(), 4), digits(start.getMonth() + 1), digits(start.getDate())];
  const time = [digits(start.getHours()), digits(start.getMinutes()), digits(start.getSeconds())];
  return `${cut(safe)}_${[...day, ...time].join('-')}.mp4`;
}

/** The folder in which one session's file, its metadata and nothing else lie. */
export class SessionDirectory {
  readonly path: string;

  constructor(recordings: string, sessionId: string) {
    this.path = join(recordings, sessionFolder(sessionId));
  }

  /** @throws SessionError */
  async create(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o750 }).catch(() => {
      throw failures.directory();
    });
    await access(this.path, constants.W_OK | constants.X_OK).catch(() => {
      throw failures.directoryNotWritable();
    });
  }

  /** @throws SessionError */
  async writeMetadata(metadata: Readonly<Record<string, unknown>>): Promise<void> {
    await writeAtomically(join(this.path, 'metadata.json'), JSON.stringify(metadata)).catch(() => {
      throw failures.metadata();
    });
  }

  /** Removes it when nothing was recorded, neither now nor in an earlier session of this name. */
  async removeWithoutMedia(): Promise<void> {
    const names = await readdir(this.path).catch(() => ['.mp4']);
    if (!names.some((name) => name.endsWith('.mp4'))) await rm(this.path, { recursive: true, force: true });
  }
}

/** Cuts between characters, so that the name is short enough in characters and, for the file system's limit of 255, in bytes. */
function cut(name: string): string {
  let kept = '';
  for (const character of name) {
    if (kept.length + character.length > longestName - suffixLength) break;
    if (Buffer.byteLength(kept + character) > 255 - suffixLength - '.part'.length) break;
    kept += character;
  }
  return kept;
}
