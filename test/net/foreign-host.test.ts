import t from 'tap';
import { foreignHostCheck } from '../../src/net/foreign-host.ts';

const hosts = (...names: (string | undefined)[]) => names.map((host) => ({ headers: { host } }));
const own = ['localhost', 'localhost:2222', 'LOCALHOST', 'a.localhost:1', '127.0.0.1', '127.1.2.3:80', '[::1]:80'];
const foreign = [
  'evil.example',
  'evil.example:2222',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '0.0.0.0',
  '',
  '10.0.0.1',
  '[fd00::1]',
];

t.test('a listener on a loopback address has loopback names', async (t) => {
  for (const ip of ['127.0.0.1', '::1', '127.0.0.2', '::ffff:127.0.0.1']) {
    const isForeign = foreignHostCheck(ip, 'media.example:8080/shoal');
    for (const request of hosts(...own, undefined, 'media.example', 'Media.Example:1')) {
      t.notOk(isForeign(request), request.headers.host ?? 'none');
    }
    for (const request of hosts(...foreign)) t.ok(isForeign(request), request.headers.host ?? 'none');
    t.ok(isForeign({ headers: { ':authority': 'evil.example' } }), 'over HTTP/2, too');
  }
});

t.test('other listeners do not know their names', async (t) => {
  for (const ip of ['0.0.0.0', '::', '10.0.0.1']) {
    for (const request of hosts(...own, ...foreign)) t.notOk(foreignHostCheck(ip)(request));
  }
});
