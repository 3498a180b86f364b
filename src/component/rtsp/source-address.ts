import { type Credentials, credentialsOf } from '../../net/credentials.ts';
import { RtspError } from './rtsp-error.ts';

/** The parts of a source's URL. */
export interface SourceAddress {
  /** URL for requests, without credentials. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Whether the scheme is `rtsps`. */
  readonly secure: boolean;
  readonly credentials?: Credentials;
}

/** Maximum length of a host name (RFC 1035 2.3.4); resolvers take seconds to refuse a longer one. */
const maxHostLength = 255;

const standardPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322 };

/** Parses the URL of a source. @throws RtspError bad_url */
export function parseSourceAddress(text: string): SourceAddress {
  const url = URL.parse(text);
  // the URL is sent in a request line
  if (!url || /\s/.test(text.trim())) throw new RtspError('bad_url');
  const standardPort = standardPorts[url.protocol];
  if (standardPort === undefined || url.hostname === '' || url.hostname.length > maxHostLength) {
    throw new RtspError('bad_url');
  }
  const credentials = credentialsOf(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    url: url.href,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? standardPort : Number(url.port),
    secure: url.protocol === 'rtsps:',
    ...(credentials && { credentials }),
  };
}

/**
 * The target of a redirect. Credentials are kept only for the same host and port.
 * @throws RtspError redirected
 */
export function redirected(from: SourceAddress, location: string | undefined): SourceAddress {
  const url = location === undefined ? null : URL.parse(location, from.url);
  if (!url) throw new RtspError('redirected');
  try {
    const { credentials: _, ...to } = parseSourceAddress(url.href);
    // an encrypted connection must not be redirected to an unencrypted one
    if (from.secure && !to.secure) throw new RtspError('redirected');
    const same = to.host === from.host && to.port === from.port;
    return same && from.credentials ? { ...to, credentials: from.credentials } : to;
  } catch {
    throw new RtspError('redirected');
  }
}
