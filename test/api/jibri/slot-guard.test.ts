// docs/contracts/jod.md 8: who may drive the recorders of customers, and what those record. Over real sockets.
import { once } from 'node:events';
import t from 'tap';
import { Secret } from '../../../src/config/secret.ts';
import { sessionBody } from '../../../src/jibri/session-body.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { OutboundClient } from '../../../src/net/outbound-client.ts';
import type { Slot } from '../../../src/recorder/slot.ts';
import { RunningJibri, startBody } from '../../jibri/running-jibri.ts';
import { story, told, withReceiver } from '../../jibri/session-story.ts';

const id = '0f3e1c52-98b5-4d3c-a2a7-6a1fd1a6f0be';
const recorderToken = 'token-of-the-recorder';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const serverToken = bearer('development');
const page = { origin: 'https://evil.example' };
const call = (host: string) => ({ callParams: { callUrlInfo: { baseUrl: `https://${host}`, callName: 'standup' } } });
const local = { ip: '127.0.0.1', port: 0 };

/** A customer's recorder beside the others, with a port of its own. */
async function order(jibri: RunningJibri, { token, recorderId = id }: { token?: string; recorderId?: string } = {}) {
  const customer = { domain: 'meet.acme.example', token: token === undefined ? undefined : new Secret(token) };
  const slot = jibri.jibri.slots.add(recorderId, { customer });
  const listener = await jibri.listeners.open(slot, local);
  const { port } = listener;
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    jibri.ask(method, path, body, { port, headers });
  const alias = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    jibri.ask(method, `//recorders/${recorderId}/jibri/api/${path}`, undefined, { port: jibri.api.port, headers });
  return { slot, listener, ask, alias };
}

t.test('a recorder without a token is open to programs, at both of its addresses', async (t) => {
  const jibri = await RunningJibri.start(t);
  const { ask, alias } = await order(jibri);
  const idle = { status: 200, text: await jibri.health() };
  t.match(await ask('GET', 'health'), idle);
  t.match(await ask('GET', 'health', undefined, bearer('whatever')), idle);
  t.match(await ask('GET', 'health', undefined, page), { status: 403, text: '' });
  t.match(await alias('v1.0/health'), idle);
  t.match(await alias('v1.0/health', bearer('whatever')), idle);
  t.match(await alias('v1.0/health', { ...serverToken, ...page }), idle, 'who has the token of the API may be a page');
  t.match(await alias('v1.0/health', page), { status: 403, text: '' });
  t.match(await alias('v1.0/nothing'), { status: 404, text: '' });
  t.match(await alias('v1.0/health', {}, 'POST'), { status: 405, text: '' });
  t.match(await ask('POST', '//jibri/api/internal/v1.0/shutdown'), { status: 404 }, 'it has no internal API there');
});

t.test('what others make the server send drives no recorder without a token', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_API_AUTH: 'none' });
  const { slot, ask, alias } = await order(jibri);
  const client = new OutboundClient({ guard: new AddressGuard() });
  t.teardown(() => client.close());
  const send = async (port: number | undefined, path: string) =>
    (await client.request({ method: 'POST', url: `http://127.0.0.1:${port}${path}` })).status;
  const [own, internal, customers] = jibri.listeners.ports;
  for (const port of [own, customers, jibri.api.port]) {
    t.equal(await send(port, '/jibri/api/v1.0/stopService'), 403);
  }
  t.equal(await send(jibri.api.port, `/recorders/${slot.id}/jibri/api/v1.0/stopService`), 403);
  t.equal(await send(internal, '/jibri/api/internal/v1.0/shutdown'), 403);
  t.match(await ask('POST', 'stopService'), { status: 200 });
  t.match(await alias('v1.0/health'), { status: 200 });
});

t.test('a recorder with a token asks for it, at both of its addresses', async (t) => {
  for (const variables of [{}, { JIBRI_API_AUTH: 'none' }] as Record<string, string>[]) {
    const jibri = await RunningJibri.start(t, { JIBRI_ENABLE_PROMETHEUS: 'true', ...variables });
    const { ask, alias } = await order(jibri, { token: recorderToken });
    const idle = { status: 200, text: await jibri.health() };
    const refused = { status: 401, type: undefined, text: '' };
    const wrong = [{}, bearer(''), bearer('wrong'), { authorization: recorderToken }, page];
    for (const headers of wrong) {
      for (const path of ['health', '//metrics', 'nothing', '//']) {
        t.match(await ask('GET', path, undefined, headers), refused, path);
      }
      t.match(await ask('POST', 'startService', startBody(), headers), refused);
      t.match(await alias('v1.0/health', headers), refused);
    }
    t.match(await ask('GET', 'health', undefined, serverToken), refused, "a customer's port is not for the API token");
    t.match(await ask('GET', 'health', undefined, bearer(recorderToken)), idle);
    t.match(await ask('GET', '//metrics', undefined, bearer(recorderToken)), { status: 200 });
    t.match(await alias('v1.0/health', bearer(recorderToken)), idle);
    t.match(await alias('v1.0/health', serverToken), idle);
  }
});

t.test('the token of one recorder opens no other', async (t) => {
  const jibri = await RunningJibri.start(t);
  const { alias } = await order(jibri, { token: recorderToken });
  const other = await order(jibri, { token: 'another', recorderId: id.replace('0', '1') });
  const path = '//recorders/rec/jibri/api/v1.0/health';
  const main = { port: jibri.api.port, headers: bearer(recorderToken) };
  t.match(await jibri.ask('GET', path, undefined, main), { status: 401, text: /Invalid token/ }, 'as ever');
  t.match(await jibri.ask('GET', 'health', undefined, main), { status: 401 });
  t.match(await other.alias('v1.0/health', bearer(recorderToken)), { status: 401 });
  t.match(await alias('v1.0/health', bearer('another')), { status: 401 });
});

t.test('the internal API of a recorder is not for its customer', async (t) => {
  for (const variables of [{}, { JIBRI_API_AUTH: 'none' }] as Record<string, string>[]) {
    const jibri = await RunningJibri.start(t, variables);
    const { slot, alias } = await order(jibri, { token: recorderToken });
    for (const headers of [{}, bearer(recorderToken), page]) {
      t.match(await alias('internal/v1.0/shutdown', headers, 'POST'), { status: 401 });
    }
    t.equal(slot.status.state, 'idle');
    const expired = once(slot.observer, 'status');
    t.match(await alias('internal/v1.0/gracefulShutdown', serverToken, 'POST'), { status: 200, text: '' });
    t.match(await expired, [{ state: 'expired' }]);
  }
});

t.test('a recorder that is gone is 404 for everybody, one that was never ordered as ever', async (t) => {
  const jibri = await RunningJibri.start(t);
  const { slot, listener, ask, alias } = await order(jibri);
  await listener.close();
  await listener.close();
  await jibri.jibri.slots.remove(slot);
  await t.rejects(ask('GET', 'health'), { code: 'ECONNREFUSED' });
  for (const headers of [{}, serverToken]) {
    t.match(await alias('v1.0/health', headers), { status: 404, text: '' });
    t.match(await alias('internal/v1.0/shutdown', headers, 'POST'), { status: 404, text: '' });
  }
  const nobody = '//recorders/nobody/jibri/api/v1.0/health';
  t.match(await jibri.ask('GET', nobody, undefined, { port: jibri.api.port, headers: {} }), { status: 401 });
});

/** Starts a session, and waits for its end. @returns what is told of it */
async function endOf(slot: Slot, start: () => Promise<unknown>) {
  const session = once(slot.observer, 'session');
  await start();
  const [change] = await session;
  while (slot.running) await once(slot.observer, 'status');
  return sessionBody(change);
}

t.test('calls of other domains are accepted, and cannot be joined', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_CALL_HOSTS: 'only.here.example' });
  const { slot, ask } = await order(jibri);
  const start = (host: string) => async () => {
    const response = await ask('POST', 'startService', startBody(call(host)));
    t.match(response, { status: 200, text: '' }, 'it is accepted');
  };
  const failure = { status: 'OFF', failure: { reason: 'ERROR', error: { detail: 'Failed to join the call' } } };
  t.match(await endOf(slot, start('only.here.example')), failure);
  t.equal(jibri.rooms.size, 0);
  await start('MEET.acme.example.:8443')();
  const { path } = await jibri.output(0);
  t.match(path, new RegExp(`/${id}_session-1/standup_[\\d-]+\\.mp4$`), 'no other customer has this directory');
  t.strictSame(
    jibri.rooms.list().map((room) => room.id),
    ['standup'],
  );
  t.match(await ask('POST', 'stopService'), { status: 200 });
});

t.test('recorders of customers, of the configuration and of rooms do not disturb each other', async (t) => {
  const { receiver, jibri } = await withReceiver(t, { JIBRI_SLOTS: '2', JIBRI_SINGLE_USE_MODE: 'true' });
  const { slot, ask } = await order(jibri);
  await jibri.start({ sessionId: 'of-jibri' });
  await jibri.output(0);
  const start = () => ask('POST', 'startService', startBody({ sessionId: 'ordered', ...call('meet.acme.example') }));
  t.match(await start(), { status: 200 });
  await jibri.output(1);
  t.match(await ask('POST', 'startService', startBody()), { status: 412, text: 'Jibri is currently busy' });
  t.match(await ask('POST', 'stopService'), { status: 200 });
  t.equal(slot.status.state, 'idle', 'it is not for one use');
  t.match(await jibri.health(), /"BUSY"/, 'the other one goes on');
  await jibri.stop();
  t.match(await jibri.health(), /"EXPIRED"/);
  t.match(await start(), { status: 200 }, 'once more');
  await ask('POST', 'stopService');
  const ofOrdered = () => told(receiver).filter(({ body }) => body.jibriId === id);
  while (ofOrdered().filter(({ body }) => body.session).length < 2) {
    await receiver.received(receiver.requests.length + 1);
  }
  t.match(ofOrdered().find(({ body }) => body.session)?.body.session, { sessionId: 'ordered', status: 'OFF' });
  t.equal(story(receiver).filter((status) => status === 'EXPIRED').length, 1);
});

t.test('a recorder that drains is busy until its session is over, and expired then', async (t) => {
  const jibri = await RunningJibri.start(t);
  const { slot, ask } = await order(jibri);
  const start = () => ask('POST', 'startService', startBody(call('meet.acme.example')));
  const health = async () => JSON.parse((await ask('GET', 'health')).text);
  await start();
  slot.whenIdle('expire');
  t.match(await health(), { busy: true, status: { busyStatus: 'BUSY' } });
  t.match(await start(), { status: 412 });
  await ask('POST', 'stopService');
  t.match(await health(), { busy: true, status: { busyStatus: 'EXPIRED' } });
  t.match(await start(), { status: 412, text: 'Jibri is currently busy' });
});

t.test('a process that is to end waits for sessions of customers, which never end it', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_INTERNAL_EXIT: 'true' });
  const { slot, ask } = await order(jibri);
  slot.whenIdle('expire');
  slot.whenIdle('renew');
  t.strictSame(jibri.exits, [], 'a customer is no reason to exit');
  await ask('POST', 'startService', startBody(call('meet.acme.example')));
  const expired = jibri.until('EXPIRED');
  await jibri.ask('POST', '//jibri/api/internal/v1.0/gracefulShutdown', undefined, { port: jibri.ports.at(-1) });
  await expired;
  t.strictSame(jibri.exits, []);
  await ask('POST', 'stopService');
  t.strictSame(jibri.exits, [255]);
});
