import t from 'tap';
import { DigestAuthentication } from '../../src/net/digest-authentication.ts';

const get = ['GET', '/dir/index.html'] as const;
const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const cnonce = () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const challenge = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

function authorize(headers: string[], credentials = mufasa, own = cnonce): string {
  const digest = DigestAuthentication.from(headers, own);
  return digest ? digest.authorize(...get, credentials) : 'none';
}

t.test('the examples of RFC 7616 3.9.1 come out, and SHA-256 is preferred to MD5', async (t) => {
  const md5 = authorize([challenge('MD5')]);
  t.match(md5, /^Digest username="Mufasa", realm="http-auth@example.org", /);
  t.match(md5, 'response="8ca523f5e9506fed4657c9700eebdbec"');
  t.match(md5, /qop=auth, nc=00000001/);
  t.match(md5, 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  const sha = 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"';
  t.match(authorize([challenge('SHA-256')]), sha);
  t.match(authorize([challenge('MD5'), challenge('SHA-256')]), sha);
  t.match(authorize([`${challenge('SHA-256')}, ${challenge('MD5')}`]), sha);
});

t.test('the examples of RFC 2617 3.5 and, without qop, of RFC 2069 2.4 come out', async (t) => {
  const old = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const credentials = { username: 'Mufasa', password: 'Circle Of Life' };
  t.match(
    authorize([`${old}, qop="auth,auth-int"`], credentials, () => '0a4f113b'),
    'response="6629fae49393a05397450978507c4ef1"',
  );
  const answer = authorize([old], { username: 'Mufasa', password: 'CircleOfLife' });
  t.match(answer, 'response="1949323746fe6a43ef61f9606e7febea"');
  t.notMatch(answer, /qop|nc=|cnonce/);
});

t.test('MD5-sess hashes nonce and client nonce into the secret', async (t) => {
  // computed with another implementation: H(H(user:realm:password):nonce:cnonce) in place of H(user:realm:password)
  const answer = authorize(['Digest realm="r", nonce="n", algorithm=MD5-sess, qop=auth'], mufasa, () => 'c');
  t.match(answer, /algorithm=MD5-sess/);
  t.match(answer, /cnonce="c"/);
  t.match(answer, 'response="2008d6d1fdf4ec35555cf8426b3eb39d"');
});

t.test('the nonce count grows with each request, and the client nonce is new each time', async (t) => {
  const digest = DigestAuthentication.from([challenge('MD5')]);
  const [first = '', second = ''] = [digest?.authorize(...get, mufasa), digest?.authorize(...get, mufasa)];
  t.match(first, /nc=00000001/);
  t.match(second, /nc=00000002/);
  t.not(/cnonce="([^"]*)"/.exec(first)?.[1], /cnonce="([^"]*)"/.exec(second)?.[1]);
});

t.test('a stale nonce is distinguished from a wrong password', async (t) => {
  t.equal(DigestAuthentication.from([`${challenge('MD5')}, stale=TRUE`])?.stale, true);
  t.equal(DigestAuthentication.from([challenge('MD5')])?.stale, false);
});

t.test('unsupported challenges are ignored', async (t) => {
  t.equal(DigestAuthentication.from([challenge('SHA-512-256')]), undefined);
  t.equal(DigestAuthentication.from(['Digest realm="x"']), undefined);
  t.equal(DigestAuthentication.from(['Digest nonce="x", qop="auth-int"']), undefined);
  t.equal(DigestAuthentication.from(['Basic realm="x"']), undefined);
});

t.test('quotes and line breaks in credentials or challenge are escaped', async (t) => {
  const credentials = { username: 'a"b\\c\r\nEvil: 1', password: '' };
  const answer = authorize(['Digest realm="q\\"r", nonce="n"'], credentials);
  t.match(answer, 'username="a\\"b\\\\cEvil: 1", realm="q\\"r"');
  t.notMatch(answer, /[\r\n]/);
});

t.test('of several realms, each is answered by its strongest challenge', async (t) => {
  const of = (realm: string, algorithm: string) => challenge(algorithm).replace('http-auth@example.org', realm);
  const headers = [of('a', 'MD5'), of('b', 'MD5'), `${of('a', 'SHA-256')}, ${of('a', 'MD5')}`, 'Basic realm="c"'];
  const all = DigestAuthentication.perRealm(headers, cnonce);
  t.strictSame(
    all.map(({ realm, hash }) => [realm, hash]),
    [
      ['a', 'sha256'],
      ['b', 'md5'],
    ],
  );
  t.strictSame(DigestAuthentication.perRealm([]), []);
});

t.test('a server may name the next nonce, and its count begins anew', async (t) => {
  const digest = DigestAuthentication.from([challenge('MD5')], cnonce);
  digest?.authorize(...get, mufasa);
  digest?.renew('next');
  t.equal(digest?.nonce, 'next');
  t.match(digest?.authorize(...get, mufasa), /nonce="next", .*nc=00000001/);
});
