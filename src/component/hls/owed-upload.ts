import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../../storage/atomic-file.ts';
import type { S3Account } from '../../storage/s3-bucket.ts';
import type { Sealer } from '../../storage/sealed-text.ts';

/** Below the resources: a note for each upload, and, under the note's name, a stream that had to make way. */
export const uploadsFolder = 'hls_uploads';
/** Of the notes' names. */
export const noteEnding = '.json';

const NoteSchema = z.object({
  version: z.literal(1),
  roomId: z.string(),
  /** Below the resources. */
  folder: z.string(),
  /** Credentials, sealed. */
  account: z.string(),
});

type Note = z.output<typeof NoteSchema>;

/** Where notes are, and who can read them. */
export interface UploadNotes {
  /** Absolute path. */
  readonly resourcesBasePath: string;
  readonly sealer: Sealer;
}

export interface OwedStream {
  readonly roomId: string;
  /** Absolute path below the resources. */
  readonly folder: string;
  readonly account: S3Account;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

/** A stream that is to be uploaded: noted down, so that after a crash the next server can do it. */
export class OwedUpload {
  readonly roomId: string;
  readonly #notes: UploadNotes;
  /** Absolute path of the note, without its ending. */
  readonly #path: string;
  readonly #account: string;
  readonly #folder: string;
  #isAside: boolean;

  private constructor(notes: UploadNotes, name: string, { roomId, folder, account }: Note, isAside = false) {
    this.#notes = notes;
    this.#path = join(notes.resourcesBasePath, uploadsFolder, name);
    this.#account = account;
    this.roomId = roomId;
    this.#folder = join(notes.resourcesBasePath, folder);
    this.#isAside = isAside;
  }

  /** Absolute path. */
  get folder(): string {
    return this.#isAside ? this.#path : this.#folder;
  }

  /** What its names in the store begin with. Those with the room's id are the newer stream's, once it has made way. */
  get prefix(): string {
    return this.#isAside ? basename(this.#path) : this.roomId;
  }

  /** @throws when it cannot be noted down */
  static async note(notes: UploadNotes, { roomId, folder, account, startedAt }: OwedStream): Promise<OwedUpload> {
    const name = `${roomId}_${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}`;
    const note: Note = {
      ...{ version: 1, roomId, folder: relative(notes.resourcesBasePath, folder) },
      account: notes.sealer.seal(JSON.stringify(account)),
    };
    const owed = new OwedUpload(notes, name, note);
    await mkdir(join(notes.resourcesBasePath, uploadsFolder), { recursive: true });
    await writeAtomically(`${owed.#path}${noteEnding}`, JSON.stringify(note));
    return owed;
  }

  /** All that earlier servers noted down. */
  static async load(notes: UploadNotes): Promise<OwedUpload[]> {
    const names = await readdir(join(notes.resourcesBasePath, uploadsFolder)).catch(() => []);
    const found = names.filter((name) => name.endsWith(noteEnding)).map((name) => name.slice(0, -noteEnding.length));
    return (await Promise.all(found.map((name) => OwedUpload.#read(notes, name)))).filter((owed) => owed !== undefined);
  }

  /** @returns undefined when they were sealed by a server with another secret */
  get account(): S3Account | undefined {
    const opened = this.#notes.sealer.open(this.#account);
    return opened === undefined ? undefined : JSON.parse(opened);
  }

  /** The files make way for another stream of their room. @returns where they are now; undefined when somebody has deleted them */
  async setAside(): Promise<string | undefined> {
    if (!(await this.isThere())) return void (await this.settle());
    await rename(this.folder, this.#path);
    this.#isAside = true;
    return this.folder;
  }

  /** Whether there is anything to upload: recordings may be deleted. */
  async isThere(): Promise<boolean> {
    return (await stat(this.folder).catch(() => undefined)) !== undefined;
  }

  /** Nothing is owed any more. */
  async settle(): Promise<void> {
    await rm(`${this.#path}${noteEnding}`, { force: true });
  }

  static async #read(notes: UploadNotes, name: string): Promise<OwedUpload | undefined> {
    try {
      const path = join(notes.resourcesBasePath, uploadsFolder, name);
      const note = NoteSchema.parse(JSON.parse(await readFile(`${path}${noteEnding}`, 'utf8')));
      const isAside = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      return new OwedUpload(notes, name, note, isAside);
    } catch {
      return undefined;
    }
  }
}
