import t from 'tap';
import { parseSourceAddress, redirected } from '../../../src/component/rtsp/source-address.ts';

t.test('credentials are removed from the URL', async (t) => {
  t.same(parseSourceAddress('rtsp://us%40er:p%3Ass%2F@cam.example:8554/a/b?c=d#e'), {
    url: 'rtsp://cam.example:8554/a/b?c=d',
    host: 'cam.example',
    port: 8554,
    secure: false,
    credentials: { username: 'us@er', password: 'p:ss/' },
  });
  t.same(parseSourceAddress('rtsp://100%@cam.example/').credentials, { username: '100%', password: '' });
});

t.test('ports and addresses are read', async (t) => {
  t.match(parseSourceAddress('RTSP://cam.example'), { host: 'cam.example', port: 554, secure: false });
  t.match(parseSourceAddress('rtsps://cam.example/'), { port: 322, secure: true });
  t.match(parseSourceAddress('rtsp://[fd00::1]:99/'), { host: 'fd00::1', port: 99 });
  t.notOk('credentials' in parseSourceAddress('rtsp://cam.example'));
});

t.test('what is not an RTSP URL is refused', async (t) => {
  const wrong = ['', 'camera', 'http://cam.example/', 'rtsp://', 'rtsp:///stream', 'rtsp://a b/', 'rtsp://cam:99999/'];
  wrong.push(`rtsp://${'a'.repeat(256)}/`);
  for (const text of [...wrong, 'rtsp://cam.example/\r\nEvil: 1', 'file:///etc/passwd', 'rtsp:cam']) {
    t.throws(() => parseSourceAddress(text), { code: 'bad_url' }, text);
  }
});

t.test('redirects are resolved', async (t) => {
  const from = parseSourceAddress('rtsp://user:secret@cam.example/a');
  t.match(redirected(from, 'rtsp://cam.example/b'), {
    url: 'rtsp://cam.example/b',
    credentials: { password: 'secret' },
  });
  t.match(redirected(from, '/c'), { url: 'rtsp://cam.example/c' });
  t.notOk('credentials' in redirected(from, 'rtsp://other.example/b'), 'credentials stay with their host');
  t.notOk('credentials' in redirected(from, 'rtsp://cam.example:555/b'), 'and port');
  t.notOk('credentials' in redirected(from, 'rtsp://eve:eve@other.example/b'));
  for (const location of [undefined, 'http://cam.example/', 'rtsp://']) {
    t.throws(() => redirected(from, location), { code: 'redirected' });
  }
  const secure = parseSourceAddress('rtsps://cam.example/');
  t.throws(() => redirected(secure, 'rtsp://cam.example/'), { code: 'redirected' }, 'not out of the encryption');
});
