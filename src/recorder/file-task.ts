import { readdir } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { Room } from '../room/room.ts';
import type { MediaStore, OpenMedia } from '../storage/media-store.ts';
import { Participants } from './participants.ts';
import { SessionDirectory } from './session-directory.ts';
import type { SessionDetails } from './session-media.ts';
import type { FileDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

/** Where files of sessions go. */
export interface SessionStorage {
  /** Folder of the directories of all sessions, absolute. */
  readonly recordings: string;
  readonly store: Pick<MediaStore, 'begin'>;
  /** How they are uploaded; undefined: they stay here. */
  readonly upload: { readonly prefix: string } | undefined;
}

export interface FileTaskOptions {
  readonly sessionId: string;
  readonly destination: FileDestination;
  readonly storage: SessionStorage;
  readonly openFile: (media: OpenMedia | undefined, name: string) => ProgramOutput;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ms between two notes of who has taken part, for the server that has to go on after a crash. */
const noteInterval = 15_000;

/** Records a room into a directory of its own. */
export class FileTask implements SessionTask {
  readonly #options: FileTaskOptions;
  readonly #directory: SessionDirectory;
  #file = '';
  #before: string[] = [];
  #participants: Participants | undefined;
  #media: OpenMedia | undefined;
  #cancelNote: () => void = () => undefined;

  constructor(options: FileTaskOptions) {
    this.#options = options;
    this.#directory = new SessionDirectory(options.storage.recordings, options.sessionId);
  }

  async prepare(): Promise<void> {
    const { storage, destination, clock } = this.#options;
    const { store, upload } = storage;
    await this.#directory.create();
    this.#file = await this.#directory.reserve(destination.name, clock.now());
    this.#before = await readdir(this.#directory.path);
    const { folder } = this.#directory;
    this.#media = await store.begin({
      kind: 'session',
      roomId: destination.name,
      folder,
      upload,
      details: this.#details,
    });
    this.#note();
  }

  open(room: Room): ProgramOutput {
    this.#participants = new Participants(room);
    const media = this.#media;
    const completed = async () => {
      // with everybody who has taken part until now
      await media?.finish(this.#details);
      await media?.completed();
    };
    return this.#options.openFile(media && { ...media, completed }, this.#file.slice(0, -'.mp4'.length));
  }

  /** Also when nothing was recorded: the directory goes then. */
  async finish(): Promise<void> {
    this.#cancelNote();
    this.#participants?.close();
    this.#directory.release(this.#file);
    await this.#media?.finish(this.#details);
    await this.#media?.finished();
  }

  #note(): void {
    this.#cancelNote = this.#options.clock.schedule(noteInterval, () => {
      this.#media?.keep(this.#details).catch((err: unknown) => {
        this.#options.logger.warn({ err }, 'The participants of a recorder session cannot be noted.');
      });
      this.#note();
    });
  }

  get #details(): SessionDetails {
    const metadata = this.#options.destination.metadata(this.#participants?.list() ?? []);
    return { file: this.#file, before: this.#before, finalized: false, metadata };
  }
}
