import { basename, join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { Room } from '../room/room.ts';
import { Participants } from './participants.ts';
import { recordingName, SessionDirectory } from './session-directory.ts';
import type { SessionFiles } from './session-files.ts';
import { type JournalEntry, SessionJournal } from './session-journal.ts';
import type { FileDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

export interface FileTaskOptions {
  readonly sessionId: string;
  readonly destination: FileDestination;
  readonly files: SessionFiles;
  readonly openFile: (path: string) => ProgramOutput;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Records a room into a directory of its own. */
export class FileTask implements SessionTask {
  readonly #options: FileTaskOptions;
  readonly #directory: SessionDirectory;
  readonly #startedAt: number;
  readonly #path: string;
  #roomId: string;
  #finalized = false;
  #participants: Participants | undefined;
  #journal: SessionJournal | undefined;
  #release: () => void = () => undefined;

  constructor(options: FileTaskOptions) {
    const { sessionId, destination, files, clock } = options;
    this.#options = options;
    this.#roomId = destination.name;
    this.#startedAt = clock.now();
    this.#directory = new SessionDirectory(files.recordings, sessionId);
    this.#path = join(this.#directory.path, recordingName(destination.name, new Date(this.#startedAt)));
  }

  async prepare(): Promise<void> {
    const { files, clock, logger } = this.#options;
    this.#release = files.hold(this.#directory);
    await this.#directory.create();
    this.#journal = new SessionJournal(files.recordings, () => this.#entry(), clock, logger);
  }

  open(room: Room): ProgramOutput {
    this.#roomId = room.id;
    this.#participants = new Participants(room);
    return this.#options.openFile(this.#path);
  }

  async finish(): Promise<void> {
    const { files } = this.#options;
    this.#participants?.close();
    try {
      this.#finalized = await files.finalize(this.#entry());
    } catch (error) {
      this.#finalized = true;
      throw error;
    } finally {
      // A file that was uploaded before in the same directory may keep the store from this one for long.
      files.goOn(this.#store());
    }
  }

  /** Never rejects. */
  async #store(): Promise<void> {
    const { files, logger } = this.#options;
    try {
      await this.#journal?.write();
      if (this.#finalized) await files.store(this.#entry());
    } catch (err) {
      this.#finalized = false;
      logger.warn({ err, directory: this.#directory.path }, 'The files of a recorder session could not be stored yet.');
    }
    this.#release();
    await this.#journal?.close(this.#finalized);
  }

  #entry(): JournalEntry {
    return {
      ...{ directory: basename(this.#directory.path), file: basename(this.#path), roomId: this.#roomId },
      ...{ startedAt: this.#startedAt, finalized: this.#finalized },
      metadata: this.#options.destination.metadata(this.#participants?.list() ?? []),
    };
  }
}
