import { stringify } from 'node:querystring';
import t, { type Test } from 'tap';
import { JoinLinks } from '../../../src/scheduling/join-links.ts';
import { testEngine } from '../../database/engines.ts';
import { noon, RunningScheduler, wholeKey } from './running-scheduler.ts';

const json = { accept: 'application/json' };
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': 'de,en;q=0.5' };
const notInvited =
  'Fehler: Ihre E-Mail-Adresse ist nicht in der Teilnehmendenliste! Bitte kontaktieren Sie den Moderator, damit dieser Sie zu der Konferenz einlädt.';
const minute = 60_000;

/** A server on which server 1 of the test's list is. */
async function start(t: Test, variables: Record<string, string> = {}) {
  const database = await (await testEngine(t, 'SQLite')).open();
  const scheduler = await RunningScheduler.start(t, database, { FJ_HOST: 'media.example.org:8443', ...variables });
  const links = await JoinLinks.open({ database, publicAddress: 'https://media.example.org:8443' });
  const { api } = scheduler;
  return {
    ...{ api, scheduler },
    /** A conference with b@example.org. */
    async schedule(fields: Record<string, string | number> = {}) {
      const uid = await scheduler.create(fields);
      await scheduler.ask('POST', '/user', { form: { uid, email: 'b@example.org' } });
      const { joinBrowser } = await scheduler.info(uid);
      const id = Number(joinBrowser.split('/').at(-1));
      const row = await database.queries
        .selectFrom('scheduling_conferences')
        .select('number')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return { uid, id, ...row };
    },
    get: (path: string, headers: Record<string, string> = json) => api.ask('GET', path, { anonymous: true, headers }),
    post: (path: string, form: Record<string, string>, headers = {}) =>
      api.ask('POST', path, {
        anonymous: true,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: stringify(form),
      }),
    link: (number: string, email: string) => stringify(links.signed({ number, email })),
  };
}

t.test('programs join with a GET', async (t) => {
  const { schedule, get, link, scheduler } = await start(t);
  const { id, number, uid } = await schedule();
  for (const path of [
    `/room/join/b/${id}?email=b%40example.org&name=Bob`,
    `/room/join/a/${id}?${link(number, 'b@example.org')}&name=Bob`,
    `/join/meet.example.org?${link(number, 'b@example.org')}&name=Bob`,
    `/join/anything?number=${number}&email=b%40example.org&name=Bob`,
  ]) {
    const response = await get(path);
    t.equal(response.status, 200, path);
    t.match(response.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' });
    const { peer_id, token, expires_at, ...rest } = response.json;
    t.strictSame(rest, {
      ...{ error: false, room_id: number, server_address: 'https://media.example.org:8443' },
      ...{ name: 'Standup', start: '2026-01-15T11:00:00.000Z', end: '2026-01-15T11:30:00.000Z' },
      ...{ moderator: false, display_name: 'Bob' },
      metadata: { displayName: 'Bob', email: 'b@example.org', moderator: false },
    });
    t.equal(token, `token-of-${number}-${peer_id}`);
    t.type(expires_at, 'string');
    const peers = (await scheduler.api.ask('GET', `/room/${number}`)).json.data.peers;
    t.match(peers.at(-1), { id: peer_id, metadata: { displayName: 'Bob', email: 'b@example.org', moderator: false } });
  }
  t.strictSame((await scheduler.api.ask('GET', `/room/${number}/metadata`)).json.data, {
    ...{ name: 'Standup', uid, start: '2026-01-15T11:00:00.000Z', end: '2026-01-15T11:30:00.000Z' },
    moderator: 'a@example.org',
  });
  const { data } = (await scheduler.api.ask('GET', `/room/${number}`)).json;
  t.notOk('metadata' in data, 'clients of Fishjam see the rooms that they know');
  t.match(data.config, { roomId: number, maxPeers: null });
});

t.test('who is refused is told why, in German unless English is asked for', async (t) => {
  const { schedule, get } = await start(t);
  const { id } = await schedule({ start: `@${noon / 1000 + 7200}` });
  const [from, to] = [new Date(noon + 90 * minute).toISOString(), new Date(noon + 150 * minute).toISOString()];
  const early = {
    ...{ error: true, text: 'Der Beitritt ist nur von 15.01.2026 13:30 bis 15.01.2026 14:30 möglich' },
    ...{ reason: 'outsideWindow', from, to },
    conference: {
      ...{ name: 'Standup', start: '2026-01-15T13:00:00.000Z', end: '2026-01-15T13:30:00.000Z' },
      ...{ moderator: false, display_name: '' },
    },
  };
  const english = { ...json, 'accept-language': 'en-GB,en;q=0.9,de;q=0.1' };
  const french = { ...json, 'accept-language': 'fr' };
  const unknown = { error: true, text: 'Diese Konferenz gibt es nicht', reason: 'notFound' };
  for (const [path, headers, status, body] of [
    [`/room/join/b/${id}?email=b%40example.org`, json, 403, early],
    [
      `/room/join/b/${id}?email=b%40example.org`,
      english,
      403,
      { ...early, text: 'You can join from 15.01.2026 13:30 to 15.01.2026 14:30 only' },
    ],
    [`/room/join/b/${id}?email=c%40example.org`, json, 403, { error: true, text: notInvited, reason: 'notInvited' }],
    [`/room/join/b/${id}?email=c%40example.org`, french, 403, { error: true, text: notInvited, reason: 'notInvited' }],
    [
      `/room/join/b/${id}`,
      json,
      403,
      {
        ...{ error: true, text: 'Bitte geben Sie Ihre E-Mail-Adresse an, oder öffnen Sie den Link Ihrer Einladung' },
        ...{ reason: 'identityRequired', email_admits: true },
      },
    ],
    ['/room/join/b/4711?email=b%40example.org', json, 404, unknown],
    ['/room/join/b/4711', json, 404, unknown],
    ['/room/join/b/99999999999999999999', json, 404, unknown],
    ['/room/join/b/3000000000', json, 404, unknown],
    ['/room/join/b/-1', json, 404, unknown],
    ['/room/join/b/x', json, 404, unknown],
    ['/join/meet.example.org?number=1&email=b%40example.org', json, 404, unknown],
  ] as const) {
    const response = await get(path, headers);
    t.strictSame([response.status, response.json], [status, body], path);
  }
});

t.test('a page looks without joining, and joins with a form', async (t) => {
  const { schedule, post, get, link, scheduler } = await start(t);
  const { id, number } = await schedule();
  const path = `/room/join/b/${id}`;
  const conference = { name: 'Standup', start: '2026-01-15T11:00:00.000Z', end: '2026-01-15T11:30:00.000Z' };
  const expected = { error: false, ...conference, moderator: true, display_name: 'Ann' };
  t.strictSame((await post(`${path}/state`, { email: 'a@example.org', name: 'Ann' })).json, expected);
  t.strictSame((await get(`${path}/state?email=a%40example.org&name=Ann`)).json, expected);
  t.strictSame((await post(`/join/x/state?${link(number, 'a@example.org')}`, { name: 'Ann' })).json, expected);
  t.equal(scheduler.api.rooms.size, 0, 'looking makes no room');
  const joined = await post(path, { email: 'a@example.org', name: 'x'.repeat(5000), device: 'my-browser' });
  t.match(joined.json, { error: false, room_id: number, moderator: true });
  t.equal(joined.json.display_name.length, 200);
  const again = await post(path, { email: 'a@example.org', device: 'my-browser' });
  const room = scheduler.api.rooms.get(number);
  t.strictSame([...room.peers.keys()], [again.json.peer_id], 'the same device');
  t.match((await post('/room/join/b/4711', { email: 'a@example.org' })).json, { reason: 'notFound' });
  const large = await post(path, { email: 'a@example.org', padding: 'x'.repeat(20_000) });
  t.match(large, { status: 403, json: { reason: 'identityRequired' } }, 'long forms of strangers are not read');
});

t.test('a browser is the same device the next time', async (t) => {
  const { schedule, get, scheduler } = await start(t);
  const { id, number } = await schedule();
  const path = `/room/join/b/${id}?email=a%40example.org`;
  const first = await get(path);
  const [cookie = ''] = first.headers['set-cookie'] ?? [];
  t.match(cookie, /^shoal_device=[\w-]{36}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  const second = await get(path, { ...json, cookie: `other=1; ${cookie.split(';')[0]}` });
  t.equal(second.headers['set-cookie'], undefined);
  t.strictSame([...scheduler.api.rooms.get(number).peers.keys()], [second.json.peer_id]);
  for (const device of ['a', 'x'.repeat(65), '<script>', 'a;b=c----']) {
    const { headers } = await get(`${path}&device=${encodeURIComponent(device)}`);
    t.match(headers['set-cookie']?.[0], /^shoal_device=[\w-]{36};/, 'it gets a proper one');
  }
});

t.test('browsers get the page, and no peer is made', async (t) => {
  const { schedule, get, link, api, scheduler } = await start(t);
  const { id, number } = await schedule();
  for (const path of [
    `/room/join/b/${id}`,
    `/room/join/a/${id}?email=b%40example.org`,
    `/join/meet.example.org?${link(number, 'b@example.org')}`,
    '/room/join/b/4711',
  ]) {
    for (const headers of [browser, {}, { accept: '*/*' }, { accept: 'text/html, application/json' }]) {
      t.match(await get(path, headers as Record<string, string>), { status: 200, text: 'the page' }, path);
    }
    const head = await api.ask('HEAD', path, { anonymous: true, headers: browser });
    t.equal(head.status, 200);
  }
  t.equal(scheduler.api.rooms.size, 0);
  t.equal((await get(`/room/join/c/${id}`)).status, 404, 'there is no third way');
});

t.test('people are sent to the application of the operator', async (t) => {
  const template = 'https://app.example.org/{room}?s={server}&t={token}#{name}';
  const { schedule, get, post, link, api, scheduler } = await start(t, { JITSI_ADMIN_CLIENT_URL: template });
  const { id, number } = await schedule();
  const redirect = async (path: string, headers: Record<string, string> = browser) => {
    const { status, headers: sent } = await get(path, headers);
    return status === 302 ? sent.location : status;
  };
  const name = encodeURIComponent('Bob & "Co"');
  const path = `/join/meet.example.org?${link(number, 'b@example.org')}&name=${name}`;
  const server = encodeURIComponent('https://media.example.org:8443');
  const urlOf = (location: unknown, scheme: string) => {
    const peer = [...api.rooms.get(number).peers.keys()].at(-1);
    const token = `token-of-${number}-${peer}`;
    t.equal(location, `${scheme}//app.example.org/${number}?s=${server}&t=${token}#Bob%20%26%20%22Co%22`);
  };
  for (const purpose of ['sec-purpose', 'purpose', 'x-moz']) {
    t.equal(await redirect(path, { ...browser, [purpose]: 'prefetch;prerender' }), 200);
  }
  t.equal((await api.ask('HEAD', path, { anonymous: true, headers: browser })).status, 200);
  t.equal(await redirect(`/room/join/b/${id}`), 200, 'the page asks who it is');
  t.equal(await redirect(`/room/join/b/${id}?email=c%40example.org`), 200, 'the page says why not');
  t.equal(scheduler.api.rooms.size, 0);
  urlOf(await redirect(path), 'https:');
  urlOf(await redirect(`/room/join/a/${id}?email=b%40example.org&name=${name}`), 'jitsi-meet:');
  const form = { email: 'b@example.org', name: 'Bob & "Co"' };
  const inApp = (await post(`/room/join/a/${id}`, form)).json;
  urlOf(inApp.client_url, 'https:');
  urlOf(inApp.app_url, 'jitsi-meet:');
  const inBrowser = (await post(`/room/join/b/${id}`, form)).json;
  urlOf(inBrowser.client_url, 'https:');
  t.notOk('app_url' in inBrowser);
});

t.test('who joins a conference that was moved goes to its new server', async (t) => {
  const { schedule, get, post, scheduler } = await start(t, { JITSI_ADMIN_CLIENT_URL: 'https://app.example.org/' });
  const { id, uid, number } = await schedule();
  const form = { url: 'third.example.org', app_id: 'app', app_secret: 'hidden', name: 'Third' };
  const { server_id } = (await scheduler.ask('POST', '/server/create', { form })).json;
  await scheduler.ask('POST', `/room/move/${uid}`, { form: { serverId: server_id } });
  const there = new RegExp(`^https://third\\.example\\.org/${number}\\?jwt=[\\w.-]+#config\\.subject=%22Standup%22$`);
  const inApp = new RegExp(`^jitsi-meet://third\\.example\\.org/${number}\\?jwt=`);
  for (const [way, expected] of [
    ['b', there],
    ['a', inApp],
  ] as const) {
    const path = `/room/join/${way}/${id}`;
    const { json: joined } = await get(`${path}?email=b%40example.org&name=Bob`);
    t.match(joined, { error: false, redirect: expected });
    t.match((await post(`${path}/state`, { email: 'b@example.org' })).json, { error: false, redirect: expected });
    const { status, headers } = await get(`${path}?email=b%40example.org`, browser);
    t.match([status, headers.location], [302, expected]);
  }
  t.equal(scheduler.api.rooms.size, 0);
});

t.test('who is sent here by another server joins here', async (t) => {
  const database = await (await testEngine(t, 'SQLite')).open();
  // Two nodes with the same records: the second one is a clone.
  const first = await RunningScheduler.start(t, database, { FJ_HOST: 'media.example.org:8443' });
  const second = await RunningScheduler.start(t, database, { FJ_HOST: 'third.example.org' });
  const form = { url: 'third.example.org', app_id: 'app', app_secret: 'hidden', name: 'Third' };
  const { server_id } = (await first.ask('POST', '/server/create', { form })).json;
  const uid = await first.create();
  await first.ask('POST', `/room/move/${uid}`, { form: { serverId: server_id } });
  const path = new URL((await first.info(uid)).joinBrowser).pathname;
  const get = ({ api }: RunningScheduler, to: string, headers: Record<string, string> = json) =>
    api.ask('GET', to, { anonymous: true, headers });
  const { redirect } = (await get(first, `${path}?email=a%40example.org&name=Ann%20%26%20Co`)).json;
  const { pathname, search } = new URL(redirect);
  t.equal((await get(first, pathname + search)).status, 404, 'nobody is sent in a circle');
  const { status, headers } = await get(second, pathname + search, browser);
  t.equal(status, 302);
  const on = new URL(headers.location ?? '');
  t.match(
    on.href,
    /^https:\/\/third\.example\.org\/join\/third\.example\.org\?data=[^&]+&sig=[^&]+&name=Ann%20%26%20Co$/,
  );
  const joined = await get(second, on.pathname + on.search);
  t.match(joined.json, { error: false, moderator: true, display_name: 'Ann & Co' });
  t.ok(second.api.rooms.get(joined.json.room_id).peers.has(joined.json.peer_id));
  for (const token of [
    '',
    '?jwt=x.y.z',
    `?jwt=${joined.json.token}`,
    `${search.slice(0, -3)}`,
    `?jwt=${'x'.repeat(9000)}`,
  ]) {
    const other = await get(second, pathname + token, browser);
    t.equal(other.headers.location, `https://third.example.org${path}`, 'without a token the page asks');
  }
  t.equal((await get(second, '/1234567890')).status, 404);
});

t.test('who guesses is slowed down, who was invited is not', async (t) => {
  const { schedule, get, link, scheduler } = await start(t);
  const { id, number } = await schedule();
  for (let guess = 0; guess < 60; guess += 1) {
    t.equal(
      (await get(`/room/join/b/${guess < 30 ? id : 4711 + guess}?email=${guess}%40example.org`)).json.error,
      true,
    );
  }
  const refused = await get(`/room/join/b/${id}?email=b%40example.org`);
  t.match(refused, { status: 429, json: { error: true, reason: 'tooManyRequests' } });
  t.equal(Number(refused.headers['retry-after']), 60);
  t.match(await get(`/room/join/b/${id}?${link(number, 'b@example.org')}`), { status: 200 });
  scheduler.clock.advance(minute);
  t.match(await get(`/room/join/b/${id}?email=b%40example.org`), { status: 200 });
});

t.test('who has one invitation cannot guess without end whom others have invited', async (t) => {
  const { schedule, get, link } = await start(t);
  const [own, other] = [await schedule(), await schedule()];
  const guess = async (query: string) => (await get(`/room/join/b/${other.id}/state?${query}`)).status;
  const invitation = link(own.number, 'b@example.org');
  const statuses = new Set<number>();
  for (let count = 0; count < 60; count += 1) statuses.add(await guess(`${invitation}&email=${count}%40example.org`));
  t.strictSame([...statuses], [403]);
  t.equal(await guess(`${invitation}&email=b%40example.org`), 429);
  t.equal(await guess(link(other.number, 'b@example.org')), 200, 'another invitation');
  t.equal(await guess('email=b%40example.org'), 200, 'others of the same network');
});

t.test('who joins again and again has to wait, and nobody else', async (t) => {
  const { schedule, get, link, scheduler } = await start(t);
  const { id, number } = await schedule();
  const [personal, bare] = [`/join/x?${link(number, 'b@example.org')}`, `/room/join/b/${id}?email=b%40example.org`];
  for (const path of [personal, bare]) {
    const statuses = new Set<number>();
    for (let count = 0; count < 60; count += 1) statuses.add((await get(path)).status);
    t.strictSame([...statuses], [200]);
    t.match(await get(path), { status: 429, json: { reason: 'tooManyRequests' }, headers: { 'retry-after': '60' } });
    t.equal((await get(path.replace('?', '/state?'))).status, 200, 'looking is free');
  }
  t.equal((await get(`/room/join/b/${id}?email=a%40example.org`)).status, 200);
  scheduler.clock.advance(minute);
  t.equal((await get(personal)).status, 200);
});

t.test('conference numbers are not guessed without end', async (t) => {
  const { schedule, get } = await start(t);
  const { number, id } = await schedule();
  const arrive = async (path: string) => (await get(path, browser)).status;
  t.match((await get(`/${number}`, browser)).headers.location, new RegExp(`/room/join/b/${id}$`));
  const statuses = new Set<number>();
  for (let count = 0; count < 60; count += 1) statuses.add(await arrive(`/${10_000 + count}?jwt=a.b.c`));
  t.strictSame([...statuses], [404]);
  t.equal(await arrive(`/${number}`), 429);
  t.equal(await arrive('/10000'), 429);
});

t.test('strangers behind a reverse proxy do not wait for each other', async (t) => {
  const { schedule, get } = await start(t, { JITSI_ADMIN_CLIENT_URL: 'https://app.example.org/{room}' });
  const { id } = await schedule();
  const ask = (email: string, address: string, accept = json) =>
    get(`/room/join/b/${id}?email=${encodeURIComponent(email)}`, {
      ...accept,
      'x-forwarded-for': `forged, ${address}`,
    });
  // Links of browsers that were not admitted count, too.
  for (let count = 0; count < 60; count += 1) await ask(`${count}@example.org`, '203.0.113.1', browser);
  t.equal((await ask('b@example.org', '203.0.113.1')).status, 429);
  t.equal((await ask('b@example.org', '203.0.113.1', browser)).status, 200, 'the page says that it was too often');
  t.equal((await ask('b@example.org', '203.0.113.2')).status, 200);
});

t.test(
  'asking whether a link exists makes no peer; a device is remembered for HTTPS where there is some',
  async (t) => {
    const { schedule, api, scheduler, get } = await start(t);
    const { id } = await schedule();
    const path = `/room/join/b/${id}?email=b%40example.org`;
    t.equal((await api.ask('HEAD', path, { anonymous: true, headers: json })).status, 200);
    t.equal(scheduler.api.rooms.size, 0);
    t.match((await get(path, { ...json, 'x-forwarded-proto': 'https' })).headers['set-cookie'], [/; Secure$/]);
    t.notMatch((await get(path)).headers['set-cookie'], [/Secure/]);
  },
);

t.test('what the server cannot do now is to be tried again', async (t) => {
  const { schedule, post, get } = await start(t, { FJ_WEBRTC_USED: 'false' });
  const { id } = await schedule();
  const response = await post(`/room/join/b/${id}`, { email: 'b@example.org' });
  t.match(response, { status: 503, headers: { 'retry-after': '5' } });
  t.match(response.json, { error: true, reason: 'unavailable', text: /^Der Server ist gerade nicht erreichbar/ });
  t.equal((await get(`/room/join/b/${id}`, browser)).status, 200);
});

t.test('a room that is called join is a room as others', async (t) => {
  const { api, schedule, get } = await start(t);
  const { id } = await schedule();
  await api.createRoom({ roomId: 'join' });
  const added = await api.ask('POST', '/room/join/peer', { body: { type: 'webrtc', options: {} } });
  t.equal(added.status, 201);
  t.equal((await get(`/room/join/b/${id}?email=b%40example.org`)).status, 200);
  t.equal((await api.ask('GET', '/room/join/peer')).status, 404);
});

t.test('gateways of telephones ask where a call goes', async (t) => {
  const { schedule, scheduler } = await start(t);
  const { number } = await schedule();
  const { json: answer } = await scheduler.ask('GET', '/conferenceMapper', {
    key: wholeKey,
    query: { confid: number, callerid: '+4930' },
  });
  t.match(answer, { state: 'STARTED', jwt: /^[\w-]+\.[\w-]+\.[\w-]+$/, room_name: number, display_name: '+4930' });
});
