import type { Logger } from '../../log/logger.ts';
import type { Gateway } from './gateway-call.ts';
import { GatewayComponent } from './gateway-component.ts';
import type { Telephony } from './telephony.ts';

/** Makes calls of gateways over SIP. */
export function sipGateway(telephony: Telephony, logger: Logger): Gateway {
  return {
    open: async (room, options) => {
      room.checkComponentLimit();
      const call = new GatewayComponent({ room, logger }, options, telephony);
      await call.open();
      return call;
    },
  };
}
