import type { JibriConfig } from '../config/jibri.ts';
import { Recorders, type RecordersOptions } from '../recorder/recorders.ts';
import type { SessionFilesOptions } from '../recorder/session-files.ts';
import { FinalizeScript } from './finalize-script.ts';
import { RecordingFinish } from './recording-finish.ts';

export interface OpenRecordersOptions
  extends Pick<RecordersOptions, 'rooms' | 'events' | 'components' | 'feeds' | 'outputs' | 'clock' | 'logger'> {
  readonly config: JibriConfig;
  /** Looks after files of sessions, and where it uploads them. */
  readonly storage: Pick<SessionFilesOptions, 'store' | 'upload'>;
}

/** The recorders that the variables of Jibri describe: docs/contracts/jibri.md 12. */
export function openRecorders({ config, storage, ...parts }: OpenRecordersOptions): Recorders {
  const { instanceId: id, slots: count, singleUse, recordings, finalizeScript, allowList, autoCreateRoom } = config;
  const finish = new RecordingFinish(finalizeScript ? new FinalizeScript(finalizeScript, parts.logger) : undefined);
  const files = { recordings, finish, ...storage };
  return new Recorders({
    ...parts,
    ...{ slots: { id, count, singleUse }, files, allowList, autoCreate: autoCreateRoom },
  });
}
