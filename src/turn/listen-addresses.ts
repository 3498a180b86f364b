import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import ipaddr from 'ipaddr.js';

/**
 * The addresses that "all" stands for. coturn wants them one by one: a socket bound to all of them would answer from whichever the kernel
 * prefers. IPv6 link-local ones are left out, as they mean nothing without their interface.
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
