import { formatHeaderParameters, type HeaderParameters, parseSipHeaderParameters } from './header-parameters.ts';
import { formatHost, parseHost } from './sip-uri.ts';

/** One value of Via (RFC 3261 section 20.42). */
export interface Via {
  /** In upper case: `UDP`, `TCP`, `TLS` and others. */
  readonly protocol: string;
  /** sent-by, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port?: number;
  /** `branch`, `received`, `rport` and others. */
  readonly parameters: HeaderParameters;
}

const start =
  /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z\d-]+)[ \t]+([^\s;:[]+|\[[^\s;\]]+\])(?:[ \t]*:[ \t]*(\d{1,5}))?(?=[ \t]*(?:;|$))/i;

/** @returns undefined when it is not well-formed */
export function parseVia(value: string): Via | undefined {
  const text = value.trim();
  const match = start.exec(text);
  if (!match) return undefined;
  const [whole, protocol = '', host = '', port] = match;
  const sentBy = parseHost(port === undefined ? host : `${host}:${port}`);
  const parameters = parseSipHeaderParameters(text, whole.length);
  return sentBy && parameters && { protocol: protocol.toUpperCase(), ...sentBy, parameters };
}

export function formatVia({ protocol, host, port, parameters }: Via): string {
  return `SIP/2.0/${protocol} ${formatHost(host, port)}${formatHeaderParameters(parameters)}`;
}
