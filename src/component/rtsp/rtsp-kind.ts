import type { ComponentKind } from '../component-kind.ts';
import type { RunningComponentOptions } from '../running-component.ts';
import { readRtspOptions } from './options.ts';
import { RtspComponent } from './rtsp-component.ts';
import type { RtspConnectionOptions } from './rtsp-connection.ts';

export interface RtspKindOptions extends RtspConnectionOptions, Pick<RunningComponentOptions, 'logger'> {}

/** RTSP components: docs/contracts/fishjam-rest.md 6.3. */
export function rtspKind({ logger, ...dependencies }: RtspKindOptions): ComponentKind {
  return {
    type: 'rtsp',
    codecRule: true,
    create: async (room, options) =>
      await new RtspComponent({ room, logger }, readRtspOptions(options), dependencies).open(),
  };
}
