import type { StreamDestination } from '../recorder/session-request.ts';
import type { StartRequest } from './start-request.ts';

const youTube = 'rtmp://a.rtmp.youtube.com/live2/';
const isRtmp = (text: string) => /^rtmps?:\/\//i.test(text);

/** The stream of a request, by the rules of docs/contracts/jibri.md 7. @returns undefined when the request names none */
export function requestedTarget(
  request: Pick<StartRequest, 'rtmpUrl' | 'youTubeStreamKey' | 'username' | 'password'>,
): StreamDestination | undefined {
  const { username, password } = request;
  // An empty text counts as absent.
  const url = targetUrl(request.rtmpUrl || undefined, request.youTubeStreamKey || undefined);
  if (url === undefined) return undefined;
  return { kind: 'stream', url, ...(username && password && { credentials: { username, password } }) };
}

function targetUrl(rtmpUrl: string | undefined, key: string | undefined): string | undefined {
  if (key === undefined) return rtmpUrl;
  if (isRtmp(key)) return key;
  if (rtmpUrl === undefined) return youTube + key;
  return rtmpUrl.endsWith('/') ? rtmpUrl + key : `${rtmpUrl}/${key}`;
}
