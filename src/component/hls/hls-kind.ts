import type { ComponentKind } from '../component-kind.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { HlsComponent, type HlsDependencies } from './hls-component.ts';
import { readHlsOptions } from './options.ts';

export interface HlsKindOptions extends HlsDependencies, Pick<RunningComponentOptions, 'logger'> {
  /** Rooms with any codec can be streamed, as the program is encoded separately. */
  readonly anyCodec: boolean;
}

/** HLS components: docs/contracts/fishjam-rest.md 6.2. */
export function hlsKind({ anyCodec, logger, ...dependencies }: HlsKindOptions): ComponentKind {
  return {
    type: 'hls',
    codecRule: !anyCodec,
    limit: 1,
    create: async (room, options) =>
      await new HlsComponent({ room, logger }, readHlsOptions(options), dependencies).open(),
  };
}
