import type { Logger } from '../../log/logger.ts';
import type { ComponentKind } from '../component-kind.ts';
import { readRtspOptions } from './options.ts';
import { RtspComponent, type RtspSurroundings } from './rtsp-component.ts';

/** RTSP components: docs/contracts/fishjam-rest.md 6.3. */
export function rtspKind(surroundings: RtspSurroundings & { readonly logger: Logger }): ComponentKind {
  const { logger } = surroundings;
  return {
    codecRule: true,
    async create(room, options) {
      const rtsp = new RtspComponent({ room, logger }, readRtspOptions(options), surroundings);
      const component = await rtsp.enter();
      rtsp.start();
      return component;
    },
  };
}
