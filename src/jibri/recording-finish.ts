import { join } from 'node:path';
import type { Participant } from '../recorder/participants.ts';
import { SessionFailure } from '../recorder/session-failure.ts';
import type { FinishSteps } from '../recorder/session-media.ts';
import { writeAtomically } from '../storage/atomic-file.ts';
import { meetingUrl } from './call-name.ts';
import type { FinalizeScript } from './finalize-script.ts';
import { additionalMetadata, type StartRequest } from './start-request.ts';

/** The finish steps of a recording: `metadata.json` beside it, then the finalize script. docs/contracts/jibri.md 6.3 and 6.4. */
export class RecordingFinish implements FinishSteps {
  readonly #script: FinalizeScript | undefined;

  constructor(script: FinalizeScript | undefined) {
    this.#script = script;
  }

  /** Runs the script even when the metadata cannot be written. */
  async run(directory: string, metadata: Readonly<Record<string, unknown>>): Promise<boolean> {
    const written = writeMetadata(directory, metadata);
    await written.catch(() => undefined);
    const ended = (await this.#script?.run(directory)) ?? true;
    await written;
    return ended;
  }

  async close(): Promise<void> {
    await this.#script?.close();
  }
}

/** @throws SessionFailure finish */
async function writeMetadata(directory: string, metadata: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await writeAtomically(join(directory, 'metadata.json'), JSON.stringify(metadata));
  } catch (error) {
    throw new SessionFailure('finish', (error as Error).message);
  }
}

/** The content of `metadata.json`: docs/contracts/jibri.md 6.3. */
export function recordingMetadata(
  request: StartRequest,
  participants: readonly Participant[],
): Readonly<Record<string, unknown>> {
  return {
    meeting_url: meetingUrl(request.callParams.callUrlInfo),
    participants: participants.map(({ id, name, metadata }) => ({ user: { id, name }, metadata })),
    ...additionalMetadata(request),
  };
}
