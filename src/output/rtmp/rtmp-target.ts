import type { Credentials } from '../../net/credentials.ts';
import { OutputError } from '../program-output.ts';

/** Where a stream goes, as it was requested. A secret. */
export interface RequestedStream {
  readonly url: string;
  /** The end of the URL that is the stream name, when it was given apart: it may have slashes. */
  readonly streamKey?: string | undefined;
  /** They take precedence over those of the URL. */
  readonly credentials?: Credentials | undefined;
}

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

type SplitPath = (path: string) => Pick<RtmpTarget, 'app' | 'streamName'>;

/**
 * Parses an RTMP URL. Its path is the application name, of one segment or of two when there are three or more, and the stream name, as
 * common encoders read it.
 * @throws OutputError refused; its message does not repeat the URL
 */
export function rtmpTarget(url: string, credentials?: Credentials): RtmpTarget {
  return parse({ url, credentials }, splitPath);
}

/** All that a target can mean, the most likely first: only the server knows its applications. @throws OutputError refused */
export function rtmpTargets(target: RequestedStream): readonly [RtmpTarget, ...RtmpTarget[]] {
  const likely = parse(target, splitPath);
  const other = parse(target, splitAtFirst);
  return likely.app === other.app ? [likely] : [likely, other];
}

function parse({ url, streamKey, credentials }: RequestedStream, split: SplitPath): RtmpTarget {
  const match = pattern.exec(url);
  const scheme = match?.[1]?.toLowerCase() as keyof typeof standardPorts | undefined;
  const port = Number(match?.[4] ?? (scheme && standardPorts[scheme]));
  if (!match || !scheme || !(port > 0 && port < 65_536) || /\p{Cc}/u.test(url)) {
    throw new OutputError('refused', 'The RTMP URL is not valid');
  }
  const [, , userPart, authority = '', , path = ''] = match;
  const { app, streamName } = splitAtKey(path, streamKey) ?? split(path);
  const tcUrl = `${scheme}://${authority}${match[4] ? `:${match[4]}` : ''}/${app}`;
  const host = authority.replace(/^\[|\]$/g, '');
  const known = credentials ?? readUserPart(userPart);
  return { tls: scheme === 'rtmps', host, port, app, tcUrl, streamName, credentials: known };
}

/** An RTMP URL without secrets: without queries, credentials, and all that may belong to the stream name. */
export function redactedRtmpUrl(url: string, streamKey?: string): string {
  try {
    const { tcUrl, app, streamName } = parse({ url, streamKey }, splitAtFirst);
    const [shown] = (streamName === '' ? '' : app).split('?', 1);
    return `${tcUrl.slice(0, tcUrl.length - app.length)}${shown ? `${shown}/` : ''}***`;
  } catch {
    return '***';
  }
}

/** Whether a URL is allowed. @param allowList regular expressions, of which one must match the whole URL */
export function isAllowedTarget(url: string, allowList: readonly string[]): boolean {
  return allowList.some((expression) => new RegExp(`^(?:${expression})$`, 's').test(url));
}

function splitAtKey(path: string, streamKey: string | undefined): ReturnType<SplitPath> | undefined {
  if (!streamKey || !path.endsWith(streamKey)) return undefined;
  return { app: path.slice(0, -streamKey.length).replace(/\/$/, ''), streamName: streamKey };
}

/** The application name has one segment; all other slashes belong to the stream name, or to the query of the application. */
function splitAtFirst(path: string): ReturnType<SplitPath> {
  const [app = ''] = path.split('/', 1);
  return app.includes('?') ? splitPath(path) : { app, streamName: path.slice(app.length + 1) };
}

function splitPath(path: string): ReturnType<SplitPath> {
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
