import type { Logger } from '../../log/logger.ts';
import type { ComponentKind } from '../component-kind.ts';
import { readSipOptions } from './options.ts';
import type { SipDependencies } from './phone-component.ts';
import { SipComponent } from './sip-component.ts';

/** SIP components: docs/contracts/fishjam-rest.md 6.5. */
export function sipKind({ logger, ...dependencies }: SipDependencies & { readonly logger: Logger }): ComponentKind {
  return {
    type: 'sip',
    codecRule: false,
    create: async (room, options) =>
      await new SipComponent({ room, logger }, readSipOptions(options), dependencies).open(),
  };
}
