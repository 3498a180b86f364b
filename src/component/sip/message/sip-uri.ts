import { isIPv6 } from 'node:net';
import { maxParameters } from './header-parameters.ts';

/** A SIP or SIPS URI (RFC 3261 section 19.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As on the wire, so escaped; with a password, if there is one. See {@link escapeUser}. */
  readonly user?: string;
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port?: number;
  /** Names in lower case, values as on the wire; undefined for one without a value. */
  readonly parameters: ReadonlyMap<string, string | undefined>;
  /** What stands after the question mark, as on the wire. */
  readonly headers?: string;
}

/** A host name has at most 255 characters (RFC 1035 section 2.3.4). */
const maxHostLength = 255;
const maxLength = 4096;
const escaped = '%[\\da-fA-F]{2}';
// `#` is not allowed, but telephones write it
const user = new RegExp(`^(?:[\\w.!~*'()&=+$,;?/:#-]|${escaped})+$`);
const hostAndPort = /^(\[[\da-fA-F:.]{2,45}\]|[A-Za-z\d_][\w.-]*)(?::(\d{1,5}))?$/;
const parameter = new RegExp(`^([\\w.!~*'()[\\]/:&+$-]|${escaped})+(=([\\w.!~*'()[\\]/:&+$-]|${escaped})+)?$`);
const headerPart = new RegExp(`^(?:[\\w.!~*'()[\\]/?:+$&=-]|${escaped})+$`);

/** @returns undefined for anything but a well-formed SIP or SIPS URI */
export function parseSipUri(text: string): SipUri | undefined {
  const scheme = /^(sips?):/i.exec(text);
  if (!scheme || text.length > maxLength) return undefined;
  const rest = text.slice(scheme[0].length);
  const at = rest.indexOf('@');
  const afterUser = rest.slice(at + 1);
  const question = afterUser.indexOf('?');
  const [hostPart = '', ...parameterParts] = (question < 0 ? afterUser : afterUser.slice(0, question)).split(';');
  const hostMatch = parseHost(hostPart);
  const parameters = parseUriParameters(parameterParts);
  const headers = question < 0 ? undefined : afterUser.slice(question + 1);
  if (!hostMatch || !parameters || (headers !== undefined && !headerPart.test(headers))) return undefined;
  if (at >= 0 && !user.test(rest.slice(0, at))) return undefined;
  return {
    scheme: scheme[1]?.toLowerCase() as SipUri['scheme'],
    ...(at >= 0 && { user: rest.slice(0, at) }),
    ...hostMatch,
    parameters,
    ...(headers !== undefined && { headers }),
  };
}

/**
 * Parses `example.org`, `192.0.2.1:5060` or `[2001:db8::1]:5060`.
 * @returns the host in lower case and without brackets; undefined when it is not well-formed
 */
export function parseHost(text: string): { host: string; port?: number } | undefined {
  const match = text.length > maxHostLength + 6 ? null : hostAndPort.exec(text);
  if (!match) return undefined;
  const host = (match[1] ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (match[1]?.startsWith('[') && !isIPv6(host)) return undefined;
  if (match[2] === undefined) return { host };
  const port = Number(match[2]);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** An IPv6 address gets its brackets. */
export function formatHost(host: string, port?: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
}

export function formatSipUri({ scheme, user, host, port, parameters, headers }: SipUri): string {
  const list = Array.from(parameters, ([name, value]) => `;${name}${value === undefined ? '' : `=${value}`}`);
  const who = user === undefined ? '' : `${user}@`;
  return `${scheme}:${who}${formatHost(host, port)}${list.join('')}${headers === undefined ? '' : `?${headers}`}`;
}

/** Any text as the user part of a URI: what may not stand there is escaped. Unpaired surrogates become U+FFFD. */
export function escapeUser(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(24|26|2B|2C|2F|3B|3D|3F)/g, (each) =>
    decodeURIComponent(each),
  );
}

/** The user part of a URI without escapes and without its password. What is not valid UTF-8 stays as it is. */
export function plainUser(uri: SipUri): string | undefined {
  const [name] = uri.user?.split(':', 1) ?? [];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Parameters that count in a comparison even if only one of the URIs has them (RFC 3261 section 19.1.4). */
const decisive = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Whether two URIs mean the same (RFC 3261 section 19.1.4); headers are not looked at. */
export function equalSipUris(one: SipUri, other: SipUri): boolean {
  if (one.scheme !== other.scheme || one.host !== other.host || one.port !== other.port) return false;
  if (comparableUser(one) !== comparableUser(other)) return false;
  const lower = (uri: SipUri, name: string) => uri.parameters.get(name)?.toLowerCase();
  const names = [...decisive, ...[...one.parameters.keys()].filter((name) => other.parameters.has(name))];
  return names.every((name) => lower(one, name) === lower(other, name));
}

/** Escapes of characters that need none do not count; the others do, and so does case. */
function comparableUser({ user }: SipUri): string | undefined {
  return user?.replace(/%([\da-fA-F]{2})/g, (whole, code: string) => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    return /[\w.!~*'()-]/.test(character) ? character : whole.toUpperCase();
  });
}

function parseUriParameters(parts: readonly string[]): Map<string, string | undefined> | undefined {
  if (parts.length > maxParameters) return undefined;
  const parameters = new Map<string, string | undefined>();
  for (const part of parts) {
    if (!parameter.test(part)) return undefined;
    const [name = '', value] = part.split('=', 2);
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}
