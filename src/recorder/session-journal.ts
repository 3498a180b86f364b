import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { writeAtomically } from '../storage/atomic-file.ts';

/** Hidden among the directories of sessions. */
const folderName = '.sessions';
const suffix = '.json';
/** Ms between two signs of life. */
const heartbeat = 15_000;
/** Ms without one after which a session belongs to nobody any more. */
const abandonedAfter = 60_000;

const EntrySchema = z.object({
  /** Name of its directory. */
  directory: z.string(),
  /** Name of its file there. */
  file: z.string(),
  roomId: z.string(),
  /** Milliseconds since the Unix epoch. */
  startedAt: z.number(),
  /** For the finish steps. */
  metadata: z.record(z.string(), z.unknown()),
  /** Whether the finish steps have ended. */
  finalized: z.boolean(),
});

/** What is left to know of a file session when the server dies under it. */
export type JournalEntry = z.output<typeof EntrySchema>;

/** Says on the disk that a file session goes on, and what it is about, so that a later process can finish what this one cannot. */
export class SessionJournal {
  readonly #path: string;
  readonly #read: () => JournalEntry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: () => void = () => undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /** Begins at once, and keeps nobody waiting. @param recordings folder of all directories @param read what is so now */
  constructor(recordings: string, read: () => JournalEntry, clock: Clock, logger: Logger) {
    this.#path = join(recordings, folderName, `${randomUUID()}${suffix}`);
    this.#read = read;
    this.#clock = clock;
    this.#logger = logger;
    this.#beat();
  }

  /** Notes what has changed. Never rejects: without its journal a session is as good. */
  write(): Promise<void> {
    this.#writing = this.#writing
      .then(() => mkdir(dirname(this.#path), { recursive: true, mode: 0o750 }))
      .then(() => writeAtomically(this.#path, JSON.stringify(this.#read())))
      .catch((err: unknown) => this.#logger.warn({ err }, 'The journal of a recorder session cannot be written.'));
    return this.#writing;
  }

  /** @param finished whether nothing is left to be done; otherwise the next server does it. Idempotent. */
  async close(finished: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel();
    await this.#writing;
    if (finished) await rm(this.#path, { force: true });
  }

  #beat(): void {
    void this.write();
    this.#cancel = this.#clock.schedule(heartbeat, () => this.#beat());
  }
}

/** A session whose server is no more. */
export interface AbandonedSession {
  readonly entry: JournalEntry;
  /** Forgets it. */
  remove(): Promise<void>;
}

/** @param now ms since the Unix epoch */
export async function abandonedSessions(recordings: string, now: number): Promise<AbandonedSession[]> {
  const folder = join(recordings, folderName);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(suffix));
  const found = names.map(async (name) => {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    const entry = now - mtimeMs > abandonedAfter ? await readEntry(path) : undefined;
    return entry ? [{ entry, remove: () => rm(path, { force: true }) }] : [];
  });
  return (await Promise.all(found.map((each) => each.catch(() => [])))).flat();
}

/** @returns undefined when it is none, or leads elsewhere */
async function readEntry(path: string): Promise<JournalEntry | undefined> {
  const entry = EntrySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const isName = (text: string) => text !== '' && text === basename(text) && !text.startsWith('.');
  return isName(entry.directory) && isName(entry.file) ? entry : undefined;
}
