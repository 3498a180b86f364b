import { RtspError } from './rtsp-error.ts';
import type { RtspHeaders } from './rtsp-message.ts';

const maxLength = 2048;

/** The base URL of relative control attributes, RFC 2326 C.1.1. @param requested the URL of the DESCRIBE request */
export function baseUrl(headers: RtspHeaders, requested: string): string {
  const given = headers.get('content-base') ?? headers.get('content-location');
  const base = given === undefined ? null : URL.parse(withScheme(given, requested), requested);
  return base && isRtsp(base) && base.href.length <= maxLength ? withoutUser(base) : requested;
}

/**
 * The URL of a control attribute. A relative one is appended, not resolved, even after a query: cameras expect that.
 * @param control as in the description; empty or `*`: the base itself
 * @throws RtspError invalid_response when it cannot be used in a request
 */
export function controlUrl(base: string, control: string): string {
  if (control === '' || control === '*') return base;
  const absolute = URL.parse(withScheme(control, base));
  if (absolute && isRtsp(absolute)) return checked(withoutUser(absolute));
  return checked(base.endsWith('/') || control.startsWith('/') ? base + control : `${base}/${control}`);
}

/** Adds the scheme that some sources leave out before a host. @param requested the URL whose host it may be */
function withScheme(given: string, requested: string): string {
  const [, scheme = ''] = /^([a-z]+:)/i.exec(requested) ?? [];
  if (given.startsWith('//')) return `${scheme}${given}`;
  if (given.length > maxLength || given.includes('://') || given.startsWith('/')) return given;
  const { host, hostname = '', port = '' } = URL.parse(`${scheme}//${given}`) ?? {};
  const ours = URL.parse(requested);
  const same = host !== undefined && (host === ours?.host || hostname === ours?.hostname);
  return same || (port !== '' && /[.[]/.test(hostname)) ? `${scheme}//${given}` : given;
}

function checked(url: string): string {
  if (url.length > maxLength || !/^[\x21-\x7e]+$/.test(url)) throw new RtspError('invalid_response');
  return url;
}

function isRtsp({ protocol, hostname }: URL): boolean {
  return (protocol === 'rtsp:' || protocol === 'rtsps:') && hostname !== '';
}

function withoutUser(url: URL): string {
  url.username = '';
  url.password = '';
  return url.href;
}
