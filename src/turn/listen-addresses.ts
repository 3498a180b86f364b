import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import ipaddr from 'ipaddr.js';

/**
 * The addresses to listen on: `listenIp`, or all addresses of this host when it is `0.0.0.0` (IPv4) or `::` (both families). coturn needs
 * them one by one: a socket bound to all of them would respond from the address that the kernel prefers. IPv6 link-local addresses are
 * left out, as they are ambiguous without their interface.
 */
export function listenAddresses(
  listenIp: string,
  interfaces: Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[] | undefined>>,
): string[] {
  if (ipaddr.process(listenIp).range() !== 'unspecified') return [listenIp];
  const all = new Set(Object.values(interfaces).flatMap((list) => (list ?? []).map(({ address }) => address)));
  const usable = [...all].filter((address) => !isIPv6(address) || ipaddr.parse(address).range() !== 'linkLocal');
  return isIPv6(listenIp) ? usable : usable.filter((address) => !isIPv6(address));
}
