import type { ComponentKind } from '../component-kind.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { type RecordingEnvironment, readRecordingOptions } from './options.ts';
import { RecordingComponent, type RecordingDependencies } from './recording-component.ts';

export interface RecordingKindOptions extends RecordingDependencies, Pick<RunningComponentOptions, 'logger'> {
  readonly environment: RecordingEnvironment;
  /** Rooms with any codec can be recorded. */
  readonly anyCodec: boolean;
}

/** Recording components: docs/contracts/fishjam-rest.md 6.6. */
export function recordingKind(given: RecordingKindOptions): ComponentKind {
  const { environment, anyCodec, logger, ...dependencies } = given;
  return {
    type: 'recording',
    codecRule: !anyCodec,
    limit: 1,
    create: async (room, options) =>
      await new RecordingComponent({ room, logger }, readRecordingOptions(options, environment), dependencies).open(),
  };
}
