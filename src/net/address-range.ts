import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether a text is an IP address of this host only. Names are none. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';
}

/** Whether a text is the IP address that means all of a host's. */
export function isUnspecified(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'unspecified';
}
