import { readdir } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { withoutMark } from '../storage/atomic-file.ts';
import type { MediaStore, OpenMedia } from '../storage/media-store.ts';
import { Participants } from './participants.ts';
import type { CaptureProgram } from './program-capture.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { SessionDirectory } from './session-directory.ts';
import type { SessionDetails } from './session-media.ts';
import type { FileDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

/** The storage of session files. */
export interface SessionStorage {
  /** Absolute path of the folder with the directories of all sessions. */
  readonly recordings: string;
  readonly store: Pick<MediaStore, 'begin'>;
  /** Upload target; undefined: files stay on this host. */
  readonly upload: { readonly prefix: string } | undefined;
}

export interface FileTaskOptions {
  readonly sessionId: string;
  readonly destination: FileDestination;
  readonly storage: SessionStorage;
  readonly openFile: (media: OpenMedia | undefined, name: string) => ProgramOutput;
  readonly capture: CaptureProgram;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Interval at which the participants are saved, in ms, for a server that has to continue after a crash. */
const noteInterval = 15_000;

/** Records a room to a file in a directory of the session. */
export class FileTask implements SessionTask {
  readonly #options: FileTaskOptions;
  readonly #directory: SessionDirectory;
  #file = '';
  #before: string[] = [];
  #participants: Participants | undefined;
  #media: OpenMedia | undefined;
  #cancelNote: () => void = () => undefined;

  constructor(options: FileTaskOptions) {
    const { storage, destination, sessionId } = options;
    this.#options = options;
    this.#directory = new SessionDirectory(storage.recordings, destination.directory ?? sessionId);
  }

  async prepare(): Promise<void> {
    const { storage, destination, clock } = this.#options;
    const { store, upload } = storage;
    await this.#directory.create();
    this.#file = await this.#directory.reserve(destination.name, clock.now());
    this.#before = [...new Set((await readdir(this.#directory.path)).flatMap((name) => [name, withoutMark(name)]))];
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

  async open(room: Room<RoomRouter>, observer: CaptureObserver): Promise<SessionCapture> {
    this.#participants = new Participants(room);
    const media = this.#media;
    const completed = async () => {
      // with all participants so far
      await media?.finish(this.#details);
      await media?.completed();
    };
    const { openFile, capture } = this.#options;
    const output = openFile(media && { ...media, completed }, this.#file.slice(0, -'.mp4'.length));
    return capture({ room, output, observer });
  }

  /** Also when nothing was recorded: then the directory is removed. */
  async finish(): Promise<void> {
    this.#cancelNote();
    this.#participants?.close();
    try {
      await this.#media?.finish(this.#details);
      await this.#media?.finished();
    } finally {
      await this.#directory.release(this.#file);
    }
  }

  #note(): void {
    this.#cancelNote = this.#options.clock.schedule(noteInterval, () => {
      this.#media?.keep(this.#details).catch((err: unknown) => {
        this.#options.logger.warn({ err }, 'The participants of a recorder session cannot be saved.');
      });
      this.#note();
    });
  }

  get #details(): SessionDetails {
    const metadata = this.#options.destination.metadata(this.#participants?.list() ?? []);
    return { file: this.#file, before: this.#before, finalized: false, metadata };
  }
}
