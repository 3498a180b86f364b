import type { Logger } from '../../log/logger.ts';
import type { Gateway } from './gateway-call.ts';
import { GatewayComponent } from './gateway-component.ts';
import type { SipDependencies } from './phone-component.ts';

/** Makes calls of gateways over SIP. */
export function sipGateway({ logger, ...dependencies }: SipDependencies & { readonly logger: Logger }): Gateway {
  return {
    open: async (room, options) => {
      const call = new GatewayComponent({ room, logger }, options, dependencies);
      await call.open();
      return call;
    },
  };
}
