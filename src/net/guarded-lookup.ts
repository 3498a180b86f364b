import dns, { type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';

/** The part of `dns.lookup` that is used; a test answers in its place. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for `net.connect` that hands out permitted addresses only. The connection goes to just these, so a name that
 * resolves to something else a moment later (DNS rebinding) gains nothing.
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
