import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramOutput } from '../recorder/program-output.ts';
import type { Room } from '../room/room.ts';
import { meetingUrl } from './call-name.ts';
import type { FinalizeScript } from './finalize-script.ts';
import { Participants } from './participants.ts';
import { recordingName, SessionDirectory } from './session-directory.ts';
import type { SessionTask } from './session-task.ts';
import { additionalMetadata, type StartRequest } from './start-request.ts';

export interface FileTaskOptions {
  readonly request: StartRequest;
  /** Folder of all recordings. */
  readonly recordings: string;
  readonly openFile: (path: string) => ProgramOutput;
  readonly finalize: FinalizeScript | undefined;
  /** Name of the call, for the file. */
  readonly callName: string;
  readonly now: () => number;
}

/** Records a room into a directory of its own: section 6 of the contract. */
export class FileTask implements SessionTask {
  readonly #options: FileTaskOptions;
  readonly #directory: SessionDirectory;
  readonly #path: string;
  #participants: Participants | undefined;

  constructor(options: FileTaskOptions) {
    const { request, recordings, callName, now } = options;
    this.#options = options;
    this.#directory = new SessionDirectory(recordings, request.sessionId);
    this.#path = join(this.#directory.path, recordingName(callName, new Date(now())));
  }

  async prepare(): Promise<void> {
    await this.#directory.create();
  }

  open(room: Room): ProgramOutput {
    this.#participants = new Participants(room);
    return this.#options.openFile(this.#path);
  }

  async finish(): Promise<void> {
    this.#participants?.close();
    if (!(await isThere(this.#path))) return this.#directory.removeWithoutMedia();
    try {
      await this.#directory.writeMetadata(this.#metadata());
    } finally {
      await this.#options.finalize?.run(this.#directory.path);
    }
  }

  #metadata(): Record<string, unknown> {
    const { request } = this.#options;
    const participants = this.#participants?.list() ?? [];
    return { meeting_url: meetingUrl(request.callParams.callUrlInfo), participants, ...additionalMetadata(request) };
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
