import t from 'tap';
import { baseUrl, controlUrl } from '../../../src/component/rtsp/control-url.ts';
import { RtspHeaders } from '../../../src/component/rtsp/rtsp-message.ts';

const requested = 'rtsp://cam.example/live?channel=1';

function base(...entries: [string, string][]): string {
  const headers = new RtspHeaders();
  for (const [name, value] of entries) headers.add(name, value);
  return baseUrl(headers, requested);
}

t.test('the base URL is Content-Base, else Content-Location, else the request URL', async (t) => {
  t.equal(base(), requested);
  t.equal(base(['Content-Location', 'rtsp://cam.example/b']), 'rtsp://cam.example/b');
  t.equal(
    base(['Content-Location', 'rtsp://cam.example/b'], ['Content-Base', 'rtsp://u:p@cam.example/a/']),
    'rtsp://cam.example/a/',
  );
  t.equal(base(['Content-Base', '/c/']), 'rtsp://cam.example/c/');
  t.equal(base(['Content-Base', 'http://cam.example/']), requested);
  t.equal(base(['Content-Base', `rtsp://cam.example/${'x'.repeat(5000)}`]), requested);
});

t.test('control URLs are resolved against the base', async (t) => {
  t.equal(controlUrl(requested, ''), requested);
  t.equal(controlUrl(requested, '*'), requested);
  t.equal(controlUrl('rtsp://cam.example/a/', 'track1'), 'rtsp://cam.example/a/track1');
  t.equal(controlUrl('rtsp://cam.example/a', 'track1'), 'rtsp://cam.example/a/track1');
  t.equal(controlUrl(requested, 'trackID=0'), `${requested}/trackID=0`, 'appended behind a query, too');
  t.equal(controlUrl(requested, 'rtsp://u:p@cam.example/t'), 'rtsp://cam.example/t');
  for (const control of ['a b', 'a\r\nEvil: 1', 'x'.repeat(3000), '\u0000']) {
    t.throws(() => controlUrl(requested, control), { code: 'invalid_response' });
  }
});

t.test('a base without a scheme names a host, unless it can only be a path', async (t) => {
  const of = (given: string, url = 'rtsp://127.0.0.1:8554/live') => {
    const headers = new RtspHeaders();
    headers.add('Content-Base', given);
    return baseUrl(headers, url);
  };
  t.equal(of('127.0.0.1:8554/live/'), 'rtsp://127.0.0.1:8554/live/');
  t.equal(of('//127.0.0.1:8554/live/'), 'rtsp://127.0.0.1:8554/live/');
  t.equal(of('127.0.0.1/live/'), 'rtsp://127.0.0.1/live/');
  t.equal(of('10.0.0.9:554/live/'), 'rtsp://10.0.0.9:554/live/', 'its own address behind a NAT');
  t.equal(of('[::1]:8554/live/', 'rtsps://[::1]:8554/live'), 'rtsps://[::1]:8554/live/');
  t.equal(of('cam.example:8554/live/', 'rtsp://cam.example:8554/live'), 'rtsp://cam.example:8554/live/');
  t.equal(of('cam:8554/live/', 'rtsp://cam:8554/live'), 'rtsp://cam:8554/live/');
  t.equal(of('other/'), 'rtsp://127.0.0.1:8554/other/');
  t.equal(of('/other/'), 'rtsp://127.0.0.1:8554/other/');
  t.equal(of('u:p@127.0.0.1:8554/live/'), 'rtsp://127.0.0.1:8554/live/', 'no credentials');
  t.equal(controlUrl('rtsp://127.0.0.1:8554/live/', '127.0.0.1:8554/live/track1'), 'rtsp://127.0.0.1:8554/live/track1');
  t.equal(controlUrl('rtsp://127.0.0.1:8554/live/', 'track:1'), 'rtsp://127.0.0.1:8554/live/track:1');
});
