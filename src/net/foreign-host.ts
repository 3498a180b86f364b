import { hostPart } from '../config/origin-rule.ts';
import { isLoopback } from './address-range.ts';

interface Request {
  readonly headers: { readonly host?: string | undefined; readonly ':authority'?: string | undefined };
}

/**
 * A check whether a request names a host that is none of a listener on a loopback address. A page of any site can reach such a listener
 * once the name of its site leads there; the browser then takes our responses for those of the site. Listeners on other addresses have
 * names that they do not know.
 * @param ip the address listened on
 * @param host another host, with or without a port, that the listener has
 */
export function foreignHostCheck(ip: string, host?: string): (request: Request) => boolean {
  if (!isLoopback(ip)) return () => false;
  const own = host === undefined ? undefined : hostPart(host);
  return ({ headers }) => {
    const given = headers.host ?? headers[':authority'];
    if (given === undefined) return false;
    const name = hostPart(given);
    return name !== own && name !== 'localhost' && !name.endsWith('.localhost') && !isLoopback(name);
  };
}
