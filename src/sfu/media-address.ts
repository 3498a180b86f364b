import { networkInterfaces } from 'node:os';

/** Where media is received, and what clients are told about it. */
export interface MediaAddress {
  /** Address that media sockets are bound to; may be unspecified (`0.0.0.0`, `::`). */
  readonly listenIp: string;
  /** Address that clients are told first. */
  readonly announcedIp: string;
}

const unspecified = new Set(['0.0.0.0', '::']);

/** The address under which this host reaches itself, coturn on the same host included: never unspecified. */
export function localAddress(listenIp: string): string {
  if (!unspecified.has(listenIp)) return listenIp;
  const family = listenIp === '::' ? 'IPv6' : 'IPv4';
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outer = addresses.find((address) => address.family === family && !address.internal && !isLinkLocal(address));
  return outer?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}

/**
 * Addresses to offer as ICE candidates of one socket, best first. Behind 1:1 NAT the local one comes second, so that a TURN
 * server on this host needs no hairpin NAT to reach the media socket.
 */
export function candidateAddresses({ listenIp, announcedIp }: MediaAddress): string[] {
  return [...new Set([announcedIp, localAddress(listenIp)])];
}

function isLinkLocal(address: { address: string }): boolean {
  return address.address.startsWith('fe80:') || address.address.startsWith('169.254.');
}
