import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { guardedLookup, type Resolve } from './guarded-lookup.ts';
import { OutboundError } from './outbound-error.ts';

/**
 * Names are checked when they have been looked up; literal addresses are never looked up, so they are checked here.
 * @param timeout of the lookup and the connection together, in ms
 */
export function guardedConnector(guard: AddressGuard, timeout: number, resolve?: Resolve): buildConnector.connector {
  const lookup = guardedLookup(guard, resolve);
  const connect = buildConnector({ timeout, lookup });
  return (target, callback) => {
    if (isIP(target.hostname) === 0 || guard.permits(target.hostname)) return connect(target, callback);
    callback(new OutboundError('refusedAddress', { host: target.hostname }), null);
  };
}
