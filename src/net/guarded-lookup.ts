import dns, { type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';

/** The part of `dns.lookup` that is used, so that a test can replace it. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for `net.connect` that returns permitted addresses only. The connection uses exactly these, so a name that
 * resolves to another address a moment later (DNS rebinding) cannot bypass the check.
 */
export function guardedLookup(guard: AddressGuard, resolve: Resolve = dns.lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const permitted = addresses.filter(({ address }) => guard.permits(address));
      const [first] = permitted;
      if (!first) return callback(new OutboundError('refusedAddress', { host: hostname }), []);
      if (options.all) return callback(null, permitted);
      callback(null, first.address, first.family);
    });
  };
}
