import { join } from 'node:path';
import type { ComponentKind } from '../component-kind.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { FileComponent, type FileDependencies } from './file-component.ts';
import { readFileOptions } from './options.ts';
import { openSourceFile } from './source-file.ts';

export interface FileKindOptions extends Pick<FileDependencies, 'clock'>, Pick<RunningComponentOptions, 'logger'> {
  /** Absolute path. Files are played from its folder `file_component_sources`. */
  readonly resourcesBasePath: string;
}

/** File components: docs/contracts/fishjam-rest.md 6.4. */
export function fileKind({ resourcesBasePath, clock, logger }: FileKindOptions): ComponentKind {
  const folder = join(resourcesBasePath, 'file_component_sources');
  const dependencies: FileDependencies = { clock, openSource: (options) => openSourceFile(folder, options) };
  return {
    type: 'file',
    codecRule: false,
    create: async (room, options) =>
      await new FileComponent({ room, logger }, readFileOptions(options), dependencies).open(),
  };
}
