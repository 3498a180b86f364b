import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { guardedLookup, type Resolve } from './guarded-lookup.ts';
import { OutboundError } from './outbound-error.ts';

/**
 * A connector for undici that connects to permitted addresses only. Names are checked after their lookup, literal addresses here.
 * @param timeout of lookup and connection together, in ms
 */
export function guardedConnector(guard: AddressGuard, timeout: number, resolve?: Resolve): buildConnector.connector {
  const lookup = guardedLookup(guard, resolve);
  const connect = buildConnector({ timeout, lookup });
  return (target, callback) => {
    if (isIP(target.hostname) === 0 || guard.permits(target.hostname)) return connect(target, callback);
    callback(new OutboundError('refusedAddress', { host: target.hostname }), null);
  };
}
