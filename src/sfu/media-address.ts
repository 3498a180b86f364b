/** The addresses at which media is received. */
export interface MediaAddress {
  /** Address that media sockets are bound to; may be unspecified (`0.0.0.0`, `::`). */
  readonly listenIp: string;
  /** Address that is offered to clients first. */
  readonly announcedIp: string;
  /** The local address behind a 1:1 NAT. */
  readonly privateIp?: string | undefined;
}

/**
 * The addresses to offer as ICE candidates of one socket, best first. Behind a 1:1 NAT the private one comes second, so that a
 * TURN server on this host can reach the media socket without hairpin NAT.
 */
export function candidateAddresses({ announcedIp, privateIp }: MediaAddress): string[] {
  return [...new Set(privateIp === undefined ? [announcedIp] : [announcedIp, privateIp])];
}
