import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { MediaStore } from '../../storage/media-store.ts';
import type { ComponentKind } from '../component-kind.ts';
import { type RecordingEnvironment, readRecordingOptions } from './options.ts';
import { RecordingComponent } from './recording-component.ts';

export interface RecordingKindOptions {
  readonly store: MediaStore;
  readonly environment: RecordingEnvironment;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Recording components: section 6.6 of the REST contract. */
export function recordingKind({ environment, ...surroundings }: RecordingKindOptions): ComponentKind<RoomRouter> {
  return {
    codecRule: true,
    limit: 1,
    async create(room, options) {
      const recording = readRecordingOptions(options, environment);
      return await new RecordingComponent({ room, options: recording, ...surroundings }).start();
    },
    subscribe({ source }, origins) {
      if (source instanceof RecordingComponent) source.subscribe(origins);
    },
  };
}
