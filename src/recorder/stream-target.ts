import type { StartRequest } from '../jibri/start-request.ts';

const youTube = 'rtmp://a.rtmp.youtube.com/live2/';
const isRtmp = (text: string) => /^rtmps?:\/\//i.test(text);

/** Where a stream goes. Both members are secrets. */
export interface StreamTarget {
  readonly url: string;
  /** Only together. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

type Asked = Pick<StartRequest, 'rtmpUrl' | 'youTubeStreamKey' | 'username' | 'password'>;

/** The rules of docs/contracts/jibri.md 7; an empty text counts as absent. @returns undefined when neither is given */
export function streamTarget({ rtmpUrl, youTubeStreamKey: key, username, password }: Asked): StreamTarget | undefined {
  const url = targetUrl(rtmpUrl || undefined, key || undefined);
  if (url === undefined) return undefined;
  return username && password ? { url, credentials: { username, password } } : { url };
}

function targetUrl(rtmpUrl: string | undefined, key: string | undefined): string | undefined {
  if (key === undefined) return rtmpUrl;
  if (isRtmp(key)) return key;
  if (rtmpUrl === undefined) return youTube + key;
  return rtmpUrl.endsWith('/') ? rtmpUrl + key : `${rtmpUrl}/${key}`;
}

/** Whether the whole target matches one of the expressions. */
export function isAllowedTarget({ url }: StreamTarget, allowList: readonly string[]): boolean {
  return allowList.some((expression) => new RegExp(`^(?:${expression})$`, 's').test(url));
}
