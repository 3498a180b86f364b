// docs/contracts/jibri.md 7.
import t from 'tap';
import { requestedTarget } from '../../src/jibri/requested-session.ts';

const youTube = 'rtmp://a.rtmp.youtube.com/live2/';

t.test('rtmpUrl and youTubeStreamKey make one URL', async (t) => {
  const cases: readonly [string | null | undefined, string | null | undefined, string | undefined][] = [
    [undefined, undefined, undefined],
    ['', '', undefined],
    [null, null, undefined],
    [undefined, 'rtmp://h/a/k', 'rtmp://h/a/k'],
    [undefined, 'RTMPS://h/a/k', 'RTMPS://h/a/k'],
    ['', 'k-1', `${youTube}k-1`],
    [undefined, 'a"b|c[f=x]', `${youTube}a"b|c[f=x]`],
    ['rtmp://h/a/k', undefined, 'rtmp://h/a/k'],
    ['rtmp://h/a', 'rtmps://other/a/k', 'rtmps://other/a/k'],
    ['rtmp://h/a', 'k', 'rtmp://h/a/k'],
    ['rtmp://h/a/', 'k', 'rtmp://h/a/k'],
  ];
  for (const [rtmpUrl, youTubeStreamKey, url] of cases) {
    t.equal(requestedTarget({ rtmpUrl, youTubeStreamKey })?.url, url, `${rtmpUrl} ${youTubeStreamKey}`);
  }
});

t.test('credentials count only together', async (t) => {
  const rtmpUrl = 'rtmp://h/a/k';
  t.strictSame(requestedTarget({ rtmpUrl, username: 'u', password: 'p' })?.credentials, {
    username: 'u',
    password: 'p',
  });
  for (const half of [{ username: 'u' }, { password: 'p' }, { username: 'u', password: '' }]) {
    t.strictSame(requestedTarget({ rtmpUrl, ...half }), { kind: 'stream', url: rtmpUrl });
  }
});

t.test('a key with slashes stays one', async (t) => {
  t.strictSame(requestedTarget({ youTubeStreamKey: 'a/b' }), {
    kind: 'stream',
    url: `${youTube}a/b`,
    streamKey: 'a/b',
  });
  t.strictSame(requestedTarget({ rtmpUrl: 'rtmp://h/live', youTubeStreamKey: 'a/b' }), {
    ...{ kind: 'stream', url: 'rtmp://h/live/a/b', streamKey: 'a/b' },
  });
});
