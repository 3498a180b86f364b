import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a web page sent the request: browsers say so, and no orchestrator is one. Without a token any page that a user of the host
 * looks at could otherwise record rooms, since requests of a plain content type need no permission of ours.
 */
export function isFromWebPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin !== undefined || (site !== undefined && site !== 'none');
}
