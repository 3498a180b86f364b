import type { CallUrlInfo } from './start-request.ts';

/** The room id of a call: the last segment of its path. docs/contracts/jibri.md 10. */
export function callRoomName({ callName }: Pick<CallUrlInfo, 'callName'>): string {
  const path = callName.replace(/^\/+/, '').replace(/[?#].*$/s, '');
  return decode(path).split('/').at(-1) ?? '';
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
  const url = `${baseUrl.replace(/\/+$/, '')}/${callName.replace(/^\/+/, '')}`;
  return urlParams.length > 0 ? `${url}#${urlParams.join('&')}` : url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
