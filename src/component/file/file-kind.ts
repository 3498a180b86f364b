import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { ComponentKind } from '../component-kind.ts';
import { FileComponent } from './file-component.ts';
import { readFileOptions } from './options.ts';
import { openSourceFile } from './source-file.ts';

export interface FileKindOptions {
  /** Absolute; files are played from its folder `file_component_sources`. */
  readonly resourcesBasePath: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** File components: docs/contracts/fishjam-rest.md 6.4. */
export function fileKind({ resourcesBasePath, clock, logger }: FileKindOptions): ComponentKind {
  const folder = join(resourcesBasePath, 'file_component_sources');
  return {
    codecRule: false,
    async create(room, options) {
      const fileOptions = readFileOptions(options);
      const file = await openSourceFile(folder, fileOptions);
      return await new FileComponent({ room, logger, clock, file, filePath: fileOptions.filePath }).start();
    },
  };
}
