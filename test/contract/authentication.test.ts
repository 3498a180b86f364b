// docs/contracts/fishjam-rest.md 2.
import t from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { RunningApi, token } from '../api/running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

const missing = { errors: 'Missing token' };
const invalid = { errors: 'Invalid token' };

t.test('only the exact token is accepted', async (t) => {
  const responseTo = (authorization?: string) =>
    api.ask('GET', '/room', { anonymous: true, headers: authorization === undefined ? {} : { authorization } });
  t.equal((await responseTo(`Bearer ${token}`)).status, 200);
  for (const header of [
    undefined,
    '',
    token,
    `bearer ${token}`,
    `BEARER ${token}`,
    `Basic ${token}`,
    'Bearer',
    'Bearer ',
  ]) {
    const response = await responseTo(header);
    t.equal(response.status, 401, `missing: ${header}`);
    t.same(response.json, missing);
  }
  for (const header of ['Bearer x', `Bearer  ${token}`, `Bearer ${token}x`, `Bearer ${token.slice(1)}`]) {
    const response = await responseTo(header);
    t.equal(response.status, 401, `invalid: ${header}`);
    t.same(response.json, invalid);
  }
});

t.test('every route but the public ones needs it', async (t) => {
  for (const [method, path] of [
    ['GET', '/health'],
    ['GET', '/room'],
    ['POST', '/room'],
    ['GET', '/room/r'],
    ['DELETE', '/room/r'],
    ['POST', '/room/r/peer'],
    ['DELETE', '/room/r/peer/p'],
    ['POST', '/room/r/component'],
    ['DELETE', '/room/r/component/c'],
    ['POST', '/room/r/component/c/subscribe'],
    ['POST', '/sip/r/c/call'],
    ['DELETE', '/sip/r/c/call'],
    ['GET', '/sip/r/c/call'],
    ['GET', '/sip/r/call'],
    ['POST', '/sip/r/c/dtmf'],
    ['GET', '/recording'],
    ['DELETE', '/recording/r'],
  ] as const) {
    const response = await api.ask(method, path, { anonymous: true });
    t.equal(response.status, 401, `${method} ${path}`);
    t.same(response.json, missing);
  }
  for (const path of ['/hls/r/index.m3u8', '/recording/r/index.m3u8']) {
    t.equal((await api.ask('GET', path, { anonymous: true })).json.errors, 'File not found', `public: ${path}`);
  }
});

t.test('a token with characters beyond ASCII is accepted', async (t) => {
  const other = await RunningApi.start({ serverApiToken: new Secret('pässwörd') });
  t.teardown(() => other.close());
  const authorization = Buffer.from('Bearer pässwörd').toString('latin1');
  t.equal((await other.ask('GET', '/room', { headers: { authorization } })).status, 200);
  t.equal((await other.ask('GET', '/room')).json.errors, 'Invalid token');
});
