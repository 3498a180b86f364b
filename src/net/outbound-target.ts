import { OutboundError } from './outbound-error.ts';

/** A request's URL in the parts that go to different places. */
export interface OutboundTarget {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly host: string;
  /** Basic credentials from the URL's user part, as a header. */
  readonly authorization: { authorization?: string };
}

/** @throws OutboundError invalidUrl, refusedScheme */
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

/** Percent-encoding undone where there is any that makes sense. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
