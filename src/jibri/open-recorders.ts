import type { JibriConfig } from '../config/jibri.ts';
import { Recorders, type RecordersOptions } from '../recorder/recorders.ts';

export interface OpenRecordersOptions
  extends Pick<
    RecordersOptions,
    'rooms' | 'events' | 'components' | 'feeds' | 'outputs' | 'steps' | 'clock' | 'logger'
  > {
  readonly config: JibriConfig;
  /** The store of session files, and their upload target. */
  readonly storage: Pick<RecordersOptions['storage'], 'store' | 'upload'>;
}

/** The recorders that the variables of Jibri describe: docs/contracts/jibri.md 12. */
export function openRecorders({ config, storage, ...parts }: OpenRecordersOptions): Recorders {
  const { instanceId: id, slots: count, singleUse, recordings, allowList, autoCreateRoom } = config;
  return new Recorders({
    ...parts,
    ...{ slots: { id, count, singleUse }, allowList, autoCreate: autoCreateRoom },
    storage: { recordings, ...storage },
  });
}
