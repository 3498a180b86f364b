export type SipProtocol = 'udp' | 'tcp' | 'tls';

/** Where a message is sent to, or where it came from. */
export interface Hop {
  readonly protocol: SipProtocol;
  /** IP literal. */
  readonly address: string;
  readonly port: number;
  /** TLS: the name that the certificate must be valid for. */
  readonly serverName?: string;
}

/** Whether messages to both arrive at the same port, whatever its certificate says. */
export function sameHop(one: Hop, other: Hop): boolean {
  return one.protocol === other.protocol && one.address === other.address && one.port === other.port;
}
