/** The transport of one track: RTP from the source, RTCP in both directions. */
export interface MediaTransport {
  /** The Transport header of the SETUP request. */
  readonly header: string;
  /**
   * Handles the server's response to SETUP.
   * @param header its Transport header
   * @throws RtspError unsupported_transport
   */
  accept(header: string | undefined): void;
  sendRtcp(data: Buffer): void;
  /** Opens the ports in a NAT between us and the source; does nothing for transports that need none. */
  pierce(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface PacketListener {
  rtp(data: Buffer): void;
  rtcp(data: Buffer): void;
}

/** The used parts of a Transport header, RFC 2326 12.39. */
export interface TransportParameters {
  readonly tcp: boolean;
  readonly serverPort?: readonly [number, number];
  readonly interleaved?: readonly [number, number];
  readonly source?: string;
}

export function parseTransport(header: string): TransportParameters {
  const [protocol = '', ...fields] = (header.split(',')[0] ?? '').split(';').map((field) => field.trim());
  const parameter = (name: string) =>
    fields.findLast((field) => field.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const serverPort = pair(parameter('server_port'), 1, 65_535);
  const interleaved = pair(parameter('interleaved'), 0, 255);
  const source = parameter('source');
  return {
    // channels without the protocol's name mean the same
    tcp: /\/TCP$/i.test(protocol) || (interleaved !== undefined && !serverPort),
    ...(serverPort && { serverPort }),
    ...(interleaved && { interleaved }),
    ...(source && { source }),
  };
}

/** `first-second`, or `first` alone, which implies the next one. */
function pair(text: string | undefined, least: number, most: number): readonly [number, number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? '');
  if (!match) return undefined;
  const first = Number(match[1]);
  const second = match[2] === undefined ? first + 1 : Number(match[2]);
  return [first, second].every((value) => value >= least && value <= most) ? [first, second] : undefined;
}
