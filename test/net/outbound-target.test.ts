import t from 'tap';
import { parseTarget } from '../../src/net/outbound-target.ts';

t.test('a URL is split into origin, path and host', (t) => {
  const target = parseTarget('http://hooks.test:8080/a/b?c=d#e');
  t.strictSame(target, {
    origin: 'http://hooks.test:8080',
    host: 'hooks.test:8080',
    path: '/a/b?c=d',
    authorization: {},
  });
  t.end();
});

t.test('the user part becomes Basic credentials', (t) => {
  const header = (url: string) => parseTarget(url).authorization.authorization;
  t.equal(header('https://user:pa%40ss@hooks.test/'), `Basic ${btoa('user:pa@ss')}`);
  t.equal(header('https://user@hooks.test/'), `Basic ${btoa('user:')}`);
  t.equal(header('https://user:100%@hooks.test/'), `Basic ${btoa('user:100%')}`);
  t.equal(parseTarget('https://user:pass@hooks.test/').origin, 'https://hooks.test');
  t.end();
});

t.test('other schemes and invalid URLs are refused', (t) => {
  for (const url of ['ftp://hooks.test/', 'file:///etc/passwd', 'gopher://hooks.test/', 'unix:/run/x'])
    t.throws(() => parseTarget(url), { code: 'refusedScheme' }, url);
  for (const url of ['', 'hooks.test', 'http://', 'http://[::1/'])
    t.throws(() => parseTarget(url), { code: 'invalidUrl' }, url);
  t.end();
});
