import { createHmac } from 'node:crypto';
import t from 'tap';
import { credentialLifetimeMs, timeLimitedCredentials, uriHost } from '../../src/turn/turn-credentials.ts';

t.test('the username holds the expiry, the password is its HMAC', async (t) => {
  const { username, password } = timeLimitedCredentials('secret', 'peer-1', 1_700_000_000_999);
  t.equal(username, `${1_700_000_000 + 48 * 3600}:peer-1`);
  t.equal(password, createHmac('sha1', 'secret').update(username).digest('base64'));
  t.equal(credentialLifetimeMs, 172_800_000);
});

t.test('credentials match a known value', async (t) => {
  t.same(timeLimitedCredentials('north', 'alice', 0), {
    username: '172800:alice',
    password: 'q6t94nMIcgL8LdndWMRG2PXbpJQ=',
  });
});

t.test('an IPv6 address in a URI is in brackets', async (t) => {
  t.same(['192.0.2.1', 'turn.example.com', '2001:db8::1'].map(uriHost), [
    '192.0.2.1',
    'turn.example.com',
    '[2001:db8::1]',
  ]);
});
