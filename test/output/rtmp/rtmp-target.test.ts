import t from 'tap';
import { isAllowedTarget, redactedRtmpUrl, rtmpTarget, rtmpTargets } from '../../../src/output/rtmp/rtmp-target.ts';

t.test('a URL is split into its parts', async (t) => {
  const cases = [
    ['rtmp://h/live/key', 'h', 1935, 'live', 'key', 'rtmp://h/live'],
    ['RTMPS://h/live/key', 'h', 443, 'live', 'key', 'rtmps://h/live'],
    ['rtmp://h:80/app/instance/key', 'h', 80, 'app/instance', 'key', 'rtmp://h:80/app/instance'],
    ['rtmp://h/a/b/c/d', 'h', 1935, 'a/b', 'c/d', 'rtmp://h/a/b'],
    ['rtmp://h/live/key?token=a/b', 'h', 1935, 'live', 'key?token=a/b', 'rtmp://h/live'],
    ['rtmp://h/live?auth=1/key', 'h', 1935, 'live?auth=1', 'key', 'rtmp://h/live?auth=1'],
    ['rtmp://[::1]:1936/live/key', '::1', 1936, 'live', 'key', 'rtmp://[::1]:1936/live'],
    ['rtmp://h/live/k"\'|[f=x]', 'h', 1935, 'live', 'k"\'|[f=x]', 'rtmp://h/live'],
    ['rtmp://h/live', 'h', 1935, 'live', '', 'rtmp://h/live'],
  ] as const;
  for (const [url, host, port, app, streamName, tcUrl] of cases) {
    t.match(rtmpTarget(url), { host, port, app, streamName, tcUrl, tls: port === 443 }, url);
  }
});

t.test('credentials are taken from the URL', async (t) => {
  const target = rtmpTarget('rtmp://us%40er:p%3Aa:ss@h/live/key');
  t.strictSame(target.credentials, { username: 'us@er', password: 'p:a:ss' });
  t.equal(target.tcUrl, 'rtmp://h/live');
  const given = { username: 'a', password: 'b' };
  t.equal(rtmpTarget('rtmp://x:y@h/live/key', given).credentials, given, 'those that are given come first');
  t.equal(rtmpTarget('rtmp://x@h/live/key').credentials, undefined);
});

t.test('invalid URLs are refused', async (t) => {
  const urls = ['', 'h/live/key', 'http://h/a/b', 'rtmp://h', 'rtmp://h:0/a/b', 'rtmp://h:70000/a/b', 'rtmp://h/a/b\n'];
  for (const url of [...urls, 'rtmp://h/a\0/b', 'rtmp://a b/c/d', 'rtmp://[x]/a/b', 'rtmp://a@b@c/d/e']) {
    t.throws(() => rtmpTarget(url), { kind: 'refused', message: 'The RTMP URL is not valid' }, JSON.stringify(url));
    t.equal(redactedRtmpUrl(url), '***');
  }
});

t.test('the shown URL has no secrets', async (t) => {
  t.equal(redactedRtmpUrl('rtmp://u:p@h:1/app/key'), 'rtmp://h:1/app/***');
  t.equal(redactedRtmpUrl('rtmp://h/app?secret=1/key'), 'rtmp://h/app/***');
  t.equal(redactedRtmpUrl('rtmp://h/app/se/cr/et'), 'rtmp://h/app/***', 'a key may have slashes');
  t.equal(redactedRtmpUrl('rtmp://h/secret'), 'rtmp://h/***', 'what has one segment may be the key');
  t.equal(redactedRtmpUrl('rtmp://h/app/instance/se/cret?a=/b', 'se/cret?a=/b'), 'rtmp://h/app/instance/***');
  t.equal(redactedRtmpUrl('rtmp://h/secret', 'secret'), 'rtmp://h/***');
});

t.test('a URL is allowed when one expression matches all of it', async (t) => {
  const url = 'rtmp://a.example/live/k';
  t.ok(isAllowedTarget(url, ['.*']));
  t.ok(isAllowedTarget(url, ['nothing', 'rtmp://a\\.example/.*']));
  t.notOk(isAllowedTarget(url, ['rtmp://a\\.example']));
  t.notOk(isAllowedTarget(`rtmp://evil/${url}`, ['rtmp://a\\.example/.*']));
  t.notOk(isAllowedTarget('rtmp://evil/x', ['rtmp://good/.*|rtmp://fine/.*']), 'alternatives are held together');
});

t.test('a key that was given apart is the stream name, whatever it contains', async (t) => {
  const cases = [
    ['rtmp://h/live', 'a/b', 'live'],
    ['rtmp://h/live', 'a/b/c?d=/e', 'live'],
    ['rtmp://h/app/instance', 'a/b', 'app/instance'],
    ['rtmp://h/one/two/three', 'key', 'one/two/three'],
    ['rtmp://h/live?auth=1', 'a/b', 'live?auth=1'],
    ['rtmp://h/live/', '/a', 'live'],
  ] as const;
  for (const [base, streamKey, app] of cases) {
    const url = `${base}/${streamKey}`.replace('///', '//');
    t.match(rtmpTargets({ url, streamKey }), [{ app, streamName: streamKey }], url);
    t.equal(rtmpTargets({ url, streamKey }).length, 1);
  }
});

t.test('a URL with three or more segments can mean an application of one or of two', async (t) => {
  const meanings = (url: string) => rtmpTargets({ url }).map(({ app, streamName }) => [app, streamName]);
  t.strictSame(meanings('rtmp://h/live/key'), [['live', 'key']]);
  t.strictSame(meanings('rtmp://h/live?a=1/key'), [['live?a=1', 'key']]);
  t.strictSame(meanings('rtmp://h/live/a/b/c?d=e'), [
    ['live/a', 'b/c?d=e'],
    ['live', 'a/b/c?d=e'],
  ]);
});
