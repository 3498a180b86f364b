/** Where media is received, and what clients are told about it. */
export interface MediaAddress {
  /** Address that media sockets are bound to; may be unspecified (`0.0.0.0`, `::`). */
  readonly listenIp: string;
  /** Address that clients are told first. */
  readonly announcedIp: string;
  /** Our own address behind 1:1 NAT. */
  readonly privateIp?: string | undefined;
}

/**
 * Addresses to offer as ICE candidates of one socket, best first. Behind 1:1 NAT the private one comes second, so that a TURN
 * server on this host needs no hairpin NAT to reach the media socket.
 */
export function candidateAddresses({ announcedIp, privateIp }: MediaAddress): string[] {
  return [...new Set(privateIp === undefined ? [announcedIp] : [announcedIp, privateIp])];
}
