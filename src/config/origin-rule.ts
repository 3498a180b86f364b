import { ConfigError } from './config-error.ts';

/** One allowed origin. An absent member allows any value. */
export interface OriginPattern {
  readonly scheme?: string;
  /** Lower case. With `subdomains`, the domain itself and everything below it. */
  readonly host: string;
  readonly subdomains: boolean;
  readonly port?: number;
}

/** Which web pages may open a websocket (`FJ_CHECK_ORIGIN`). */
export type OriginRule =
  | { readonly kind: 'any' }
  | { readonly kind: 'configured-host' }
  | { readonly kind: 'same-connection' }
  | { readonly kind: 'list'; readonly patterns: readonly OriginPattern[] };

/** Reads `FJ_CHECK_ORIGIN`. Throws ConfigError for a list entry that is no origin. */
export function parseOriginRule(text: string, name = 'FJ_CHECK_ORIGIN'): OriginRule {
  const word = text.trim().toLowerCase();
  if (word === 'true') return { kind: 'configured-host' };
  if (word === 'false') return { kind: 'any' };
  if (word === ':conn') return { kind: 'same-connection' };
  const entries = text.split(/\s+/).filter((entry) => entry);
  return { kind: 'list', patterns: entries.map((entry) => parsePattern(entry, name)) };
}

/**
 * Says whether a websocket request with this `Origin` header may go on. A request without one always may:
 * it comes from no web page.
 * @param requestHost the request's `Host` header
 * @param tls whether the request came in over TLS
 * @param configuredHost `FJ_HOST`
 */
export function originAllowed(
  rule: OriginRule,
  origin: string | undefined,
  requestHost: string | undefined,
  tls: boolean,
  configuredHost: string,
): boolean {
  if (rule.kind === 'any' || origin === undefined) return true;
  const from = parseOrigin(origin);
  if (!from) return false;
  if (rule.kind === 'configured-host') return from.host === hostPart(configuredHost);
  if (rule.kind === 'list') return rule.patterns.some((pattern) => matches(pattern, from));
  const own = requestHost === undefined ? undefined : parseOrigin(`${tls ? 'https' : 'http'}://${requestHost}`);
  return own !== undefined && own.scheme === from.scheme && own.host === from.host && own.port === from.port;
}

/** A check of {@link originAllowed} for the requests of one listener. */
export function originCheck(
  { checkOrigin, tls }: { readonly checkOrigin: OriginRule; readonly tls?: object },
  configuredHost: string,
): (request: { readonly headers: { readonly origin?: string; readonly host?: string } }) => boolean {
  return ({ headers }) => originAllowed(checkOrigin, headers.origin, headers.host, tls !== undefined, configuredHost);
}

/** The host in `host`, `host:port`, `host/path`, `[ipv6]:port`: lower case, IPv6 without brackets. */
export function hostPart(address: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:/]*))/.exec(address.trim());
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
}

/** Scheme, host and port, the port of the scheme when none is written. Undefined for `null` and other non-URLs. */
function parseOrigin(text: string): Origin | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]/?#@]+\]|[^:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  if (!match) return undefined;
  const scheme = (match[1] ?? '').toLowerCase();
  const written = match[3] === undefined ? undefined : Number(match[3]);
  return { scheme, host: hostPart(match[2] ?? ''), port: written ?? defaultPorts[scheme] };
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443 };

function parsePattern(entry: string, name: string): OriginPattern {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?\/\/(\*\.)?(\[[^\]/?#@]+\]|[^:/?#@[\]*]+)(?::(\d{1,5}))?\/?$/i.exec(entry);
  if (!match) {
    throw new ConfigError(
      `Bad ${name} environment variable value. Expected true, false, :conn or a space-separated list ` +
        `such as "https://example.com //another.com:888 //*.other.com", got: ${entry}`,
    );
  }
  return {
    host: hostPart(match[3] ?? ''),
    subdomains: match[2] !== undefined,
    ...(match[1] !== undefined && { scheme: match[1].toLowerCase() }),
    ...(match[4] !== undefined && { port: Number(match[4]) }),
  };
}

function matches(pattern: OriginPattern, origin: Origin): boolean {
  if (pattern.scheme !== undefined && pattern.scheme !== origin.scheme) return false;
  if (pattern.port !== undefined && pattern.port !== origin.port) return false;
  return origin.host === pattern.host || (pattern.subdomains && origin.host.endsWith(`.${pattern.host}`));
}
