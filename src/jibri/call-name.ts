import { createHash } from 'node:crypto';
import type { CallRoom } from '../recorder/session-request.ts';
import { isRoomId } from '../recorder/session-rooms.ts';
import { maxRoomIdLength } from '../room/room-config.ts';
import type { CallUrlInfo } from './start-request.ts';

/** Maximum length of what is left of a name that is no room id. */
const maxPrefixLength = 48;
const hashLength = 10;
/** Maximum length of a text that is normalized, in characters: the time that takes grows with the square of it. */
const maxNormalizedLength = 2048;

/** The name of a call: the last segment of its path. docs/contracts/jibri.md 10. */
export function callRoomName({ callName }: Pick<CallUrlInfo, 'callName'>): string {
  return segments(callName).at(-1) ?? '';
}

/** The room of a call, by the rules of docs/contracts/jibri.md 10. @returns undefined for a call without a name */
export function callRoom(call: Pick<CallUrlInfo, 'baseUrl' | 'callName' | 'tenant'>): CallRoom | undefined {
  const name = callRoomName(call);
  if (!isNamed(name)) return undefined;
  const tenant = tenantOf(call);
  const path = [...tenant, name];
  const whole = path.join('/');
  const isLong = whole.length > maxRoomIdLength;
  const id = isLong ? hashedId(whole) : legalId(path.map(legalId).join('_'));
  if (tenant.length === 0) return { id };
  return { id, tenant: { name: tenant.join('/').toLowerCase(), bareId: legalId(name), distinctId: hashedId(whole) } };
}

function tenantOf({ baseUrl, callName, tenant }: Pick<CallUrlInfo, 'baseUrl' | 'callName' | 'tenant'>): string[] {
  const basePath = baseUrl.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^[^/?#]*/, '');
  const path = [...segments(basePath), ...segments(callName).slice(0, -1)].filter(isNamed);
  return path.length > 0 ? path : normalized(tenant).split('.').filter(isNamed);
}

/** The decoded segments of a path, without parameters. */
function segments(path: string): string[] {
  const text = path.replace(/^\/+/, '').replace(/[?#].*$/s, '');
  return normalized(decode(text)).split('/');
}

function normalized(text: string): string {
  return text.length > maxNormalizedLength ? text : text.normalize();
}

/** Whether a segment is not removed when a URL is resolved. */
const isNamed = (segment: string) => !['', '.', '..'].includes(segment);

function legalId(name: string): string {
  return isRoomId(name) ? name : hashedId(name);
}

/** An id for a name that is none. Equal names get equal ids, different names different ones. */
function hashedId(name: string): string {
  const prefix = name
    .slice(0, maxPrefixLength * 2)
    .replace(/[^A-Za-z0-9]/gu, '-')
    .slice(0, maxPrefixLength);
  return `${prefix}-${createHash('sha256').update(name).digest('hex').slice(0, hashLength)}`;
}

/** Whether a call is on this server. @param hosts `host` or `host:port`; empty: every host is this server */
export function isLocalCall({ baseUrl }: Pick<CallUrlInfo, 'baseUrl'>, hosts: readonly string[]): boolean {
  if (hosts.length === 0) return true;
  const url = URL.parse(baseUrl);
  if (!url) return false;
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  const names = [url.hostname, `${url.hostname}:${port}`];
  return hosts.some((host) => names.includes(host.toLowerCase()));
}

/** As `metadata.json` has it: docs/contracts/jibri.md 6.3. */
export function meetingUrl({ baseUrl, callName, urlParams }: CallUrlInfo): string {
  const url = `${baseUrl.replace(/(?<!\/)\/+$/, '')}/${callName.replace(/^\/+/, '')}`;
  return urlParams.length > 0 ? `${url}#${urlParams.join('&')}` : url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
