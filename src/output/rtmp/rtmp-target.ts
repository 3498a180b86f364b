import type { Credentials } from '../../net/credentials.ts';
import { OutputError } from '../program-output.ts';

/** The parts of an RTMP URL. `streamName` and `credentials` are secrets, and so may be a query in `app`. */
export interface RtmpTarget {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** Application name, with its query. */
  readonly app: string;
  /** The URL without stream name and credentials. */
  readonly tcUrl: string;
  readonly streamName: string;
  readonly credentials?: Credentials | undefined;
}

const pattern = /^(rtmps?):\/\/(?:([^@/]*)@)?(\[[\da-f:.]+\]|[^:/?#@[\]\s]+)(?::(\d{1,5}))?\/(.*)$/is;
const standardPorts = { rtmp: 1935, rtmps: 443 } as const;

/**
 * Parses an RTMP URL. Its path is the application name, of one segment or of two when there are three or more, and the stream name, as
 * common encoders read it.
 * @throws OutputError refused; its message does not repeat the URL
 */
export function rtmpTarget(url: string, credentials?: Credentials): RtmpTarget {
  const match = pattern.exec(url);
  const scheme = match?.[1]?.toLowerCase() as keyof typeof standardPorts | undefined;
  const port = Number(match?.[4] ?? (scheme && standardPorts[scheme]));
  if (!match || !scheme || !(port > 0 && port < 65_536) || /\p{Cc}/u.test(url)) {
    throw new OutputError('refused', 'The RTMP URL is not valid');
  }
  const [, , userPart, authority = '', , path = ''] = match;
  const { app, streamName } = splitPath(path);
  const tcUrl = `${scheme}://${authority}${match[4] ? `:${match[4]}` : ''}/${app}`;
  const host = authority.replace(/^\[|\]$/g, '');
  const known = credentials ?? readUserPart(userPart);
  return { tls: scheme === 'rtmps', host, port, app, tcUrl, streamName, credentials: known };
}

/** An RTMP URL without secrets: without stream name, queries and credentials. */
export function redactedRtmpUrl(url: string): string {
  try {
    return `${rtmpTarget(url).tcUrl.split('?', 1)[0]}/***`;
  } catch {
    return '***';
  }
}

/** Whether a URL is allowed. @param allowList regular expressions, of which one must match the whole URL */
export function isAllowedTarget(url: string, allowList: readonly string[]): boolean {
  return allowList.some((expression) => new RegExp(`^(?:${expression})$`, 's').test(url));
}

function splitPath(path: string): { app: string; streamName: string } {
  const query = path.indexOf('?');
  const names = query < 0 ? path : path.slice(0, query);
  const parts = names.split('/');
  // The query belongs to the application unless the stream name follows it.
  if (parts.length < 2) {
    const slash = path.lastIndexOf('/');
    return slash < 0 ? { app: path, streamName: '' } : { app: path.slice(0, slash), streamName: path.slice(slash + 1) };
  }
  const app = parts.slice(0, parts.length > 2 ? 2 : 1).join('/');
  return { app, streamName: path.slice(app.length + 1) };
}

function readUserPart(text: string | undefined): Credentials | undefined {
  const [username, ...rest] = (text ?? '').split(':');
  if (!username || rest.length === 0) return undefined;
  return { username: decode(username), password: decode(rest.join(':')) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
