/** A TURN server as offered to a client. */
export interface TurnEntry {
  /** IP address, or the name in the certificate when the transport is `tls`. */
  readonly serverAddr: string;
  readonly serverPort: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly username: string;
  readonly password: string;
}
