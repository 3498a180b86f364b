import t from 'tap';
import { parseChallenges, quoted } from '../../src/net/authentication-challenge.ts';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

t.test('a header may hold several challenges', async (t) => {
  t.same(read('Basic realm="a, b", Digest realm="c\\"d", NONCE=abc,qop="auth,auth-int",  Negotiate'), [
    ['basic', { realm: 'a, b' }],
    ['digest', { realm: 'c"d', nonce: 'abc', qop: 'auth,auth-int' }],
    ['negotiate', {}],
  ]);
});

t.test('challenges are read in every notation that cameras use', async (t) => {
  t.same(read('digest realm = "x" , nonce="y"'), [['digest', { realm: 'x', nonce: 'y' }]]);
  t.same(read('Digest realm="",nonce=""'), [['digest', { realm: '', nonce: '' }]]);
});

t.test('a syntax error ends the list', async (t) => {
  for (const header of ['', '"', '====', 'Digest realm="open', ',,,', '\u0000']) {
    t.ok(parseChallenges(header).length <= 1, header);
  }
  t.ok(parseChallenges(`Basic ${'x=1,'.repeat(100_000)}`).length <= 1);
  t.ok(parseChallenges('Basic '.repeat(100_000)).length < 1000);
});

t.test('a quoted string escapes quotes and drops control characters', async (t) => {
  t.equal(quoted('a"\\\r\n\u0000\u007fb'), '"a\\"\\\\b"');
});
