import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaStore } from '../storage/media-store.ts';
import { SessionDirectory } from './session-directory.ts';
import type { JournalEntry } from './session-journal.ts';

/** What whoever orders recordings wants done with each complete file. */
export interface FinishSteps {
  /**
   * @param directory holds the file @param metadata of the session's request
   * @returns whether all is done; the end of the server may cut it off, and the next server begins it anew
   * @throws SessionFailure finish: the machine could not do it; it is done with then
   */
  run(directory: string, metadata: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Ends what still runs. Idempotent. */
  close(): Promise<void>;
}

export interface SessionFilesOptions {
  /** Folder of the directories of all sessions. */
  readonly recordings: string;
  readonly finish: Pick<FinishSteps, 'run'>;
  /** What looks after files that nobody has taken away. */
  readonly store: Pick<MediaStore, 'hold' | 'isHeld'>;
  /** How they are uploaded; undefined: they stay here. */
  readonly upload: { readonly prefix: string } | undefined;
}

/** What is done with the file of a session once it is complete. */
export class SessionFiles {
  readonly recordings: string;
  readonly #options: SessionFilesOptions;
  readonly #working = new Set<Promise<void>>();
  readonly #stopped: Promise<never>;
  #stop: () => void = () => undefined;

  constructor(options: SessionFilesOptions) {
    this.#stopped = new Promise((_, reject) => {
      this.#stop = () => reject(new Error('The server stops.'));
    });
    this.#stopped.catch(() => undefined);
    this.recordings = options.recordings;
    this.#options = options;
  }

  /** Keeps the store away from a directory. @returns a function that ends that */
  hold({ path }: SessionDirectory): () => void {
    return this.#options.store.hold(path).release;
  }

  /** Whether a session goes on in a directory. */
  isInUse({ directory }: JournalEntry): boolean {
    return this.#options.store.isHeld(new SessionDirectory(this.recordings, directory).path);
  }

  /**
   * Runs the finish steps; without media the directory goes.
   * @returns whether they have ended by themselves
   * @throws SessionFailure finish
   */
  async finalize({ directory: name, file, metadata }: JournalEntry): Promise<boolean> {
    const directory = new SessionDirectory(this.recordings, name);
    if (!(await hasContent(join(directory.path, file)))) {
      await directory.removeWithoutMedia();
      return true;
    }
    return await this.#options.finish.run(directory.path, metadata);
  }

  /**
   * Hands over what the finish steps have left. What was handed over of the same directory before is uploaded first.
   * @throws when the server stops meanwhile
   */
  async store({ directory: name, roomId, startedAt }: JournalEntry): Promise<void> {
    const { path } = new SessionDirectory(this.recordings, name);
    const names = await readdir(path).catch(() => []);
    if (!names.some((each) => each.endsWith('.mp4'))) return;
    const { store, upload } = this.#options;
    const held = store.hold(path);
    const handedOver = held.handOver({ roomId, startedAt, upload }).finally(held.release);
    await Promise.race([handedOver, this.#stopped]);
  }

  /** Work that goes on when its session is over; it must not reject. */
  goOn(work: Promise<void>): void {
    this.#working.add(work);
    void work.finally(() => this.#working.delete(work));
  }

  /** Waits for nothing but what is soon done. Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(this.#working);
  }
}

async function hasContent(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
