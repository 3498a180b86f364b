import { OutboundError } from './outbound-error.ts';

/** The parts of a request URL. */
export interface OutboundTarget {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly host: string;
  /** A header with Basic credentials from the URL's user part; empty without one. */
  readonly authorization: { authorization?: string };
}

/** Parses the URL of an outgoing request. @throws OutboundError invalidUrl, refusedScheme */
export function parseTarget(text: string): OutboundTarget {
  const url = URL.parse(text);
  if (!url) throw new OutboundError('invalidUrl');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new OutboundError('refusedScheme');
  const { origin, host, pathname, search, username, password } = url;
  const path = pathname + search;
  if (!username && !password) return { origin, host, path, authorization: {} };
  const credentials = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  return { origin, host, path, authorization: { authorization: `Basic ${credentials}` } };
}

/** Decodes percent-encoding; returns the text as it is when it is malformed. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
