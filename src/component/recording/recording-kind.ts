import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { ProgramFeeds } from '../../program/program-feeds.ts';
import type { MediaStore } from '../../storage/media-store.ts';
import type { ComponentKind } from '../component-kind.ts';
import { type RecordingEnvironment, readRecordingOptions } from './options.ts';
import { RecordingComponent } from './recording-component.ts';

export interface RecordingKindOptions {
  readonly store: MediaStore;
  readonly feeds: ProgramFeeds;
  readonly environment: RecordingEnvironment;
  /** Rooms of any codec may be recorded: every codec has its place in the files. */
  readonly anyCodec: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Recording components: docs/contracts/fishjam-rest.md 6.6. */
export function recordingKind(options: RecordingKindOptions): ComponentKind {
  const { environment, anyCodec, ...surroundings } = options;
  return {
    codecRule: !anyCodec,
    limit: 1,
    async create(room, given) {
      const recording = readRecordingOptions(given, environment);
      return await new RecordingComponent({ room, options: recording, ...surroundings }).start();
    },
    subscribe({ source }, origins) {
      if (source instanceof RecordingComponent) source.subscribe(origins);
    },
  };
}
