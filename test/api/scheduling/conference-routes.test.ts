// docs/contracts/jitsi-admin.md 3.1 to 3.3, 3.6 and 4: conferences are created, changed, deleted and shown.
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { noon, RunningScheduler } from './running-scheduler.ts';

const invalid = '{"error":true}';
const noServer = '{"error":true,"text":"No Server found"}';
const given = { email: 'a@example.org', name: 'testAPINEW', duration: 45, server: 'meet.example.org' };

/** Dates as they are sent, and as they are shown; undefined: they are invalid. */
const dates: readonly (readonly [sent: string, shown: string | undefined])[] = [
  ['2021-02-02T13:00', '2021-02-02CET13:00:00'],
  ['2021-02-02 13:00', '2021-02-02CET13:00:00'],
  ['2021-02-02T13:00:59', '2021-02-02CET13:00:59'],
  ['2021-02-02T13:00:59.123', '2021-02-02CET13:00:59'],
  ['2021-02-02', '2021-02-02CET00:00:00'],
  ['2021-07-01T13:00', '2021-07-01CEST13:00:00'],
  ['2021-02-02T12:00Z', '2021-02-02CET13:00:00'],
  ['2021-02-02T12:00:00+00:00', '2021-02-02CET13:00:00'],
  ['2021-07-01T07:00-04:00', '2021-07-01CEST13:00:00'],
  ['02.02.2021 13:00', '2021-02-02CET13:00:00'],
  ['@1612267200', '2021-02-02CET13:00:00'],
  ['2030-12-31T23:59', '2030-12-31CET23:59:00'],
  ['2021-02-30T13:00', undefined],
  ['2021-13-01T13:00', undefined],
  ['2021-02-02T25:00', undefined],
  ['2021-02-02T13:60', undefined],
  ['2021-02-02T13', undefined],
  ['13:00', undefined],
  ['tomorrow', undefined],
  ['@', undefined],
  ['@1e9', undefined],
  ['2021-02-02T13:00 ', undefined],
  ['2021-02-02T13:00Europe/Berlin', undefined],
  ['\u0000', undefined],
  ['9'.repeat(10_000), undefined],
];

await onBothEngines(t, 'conferences', async (t, engine) => {
  const scheduler = await RunningScheduler.start(t, await engine.open());
  const create = async (changes: Record<string, string | number>, key = 'key-one') => {
    const form = Object.fromEntries(Object.entries({ ...given, ...changes }).filter(([, value]) => value !== 'absent'));
    return await scheduler.ask('POST', '/room', { form, key });
  };
  const change = (uid: string, query: Record<string, string | number>, key = 'key-one') =>
    scheduler.ask('PUT', '/room', { query: { uid, ...query }, key });

  await t.test('3.1: a conference is created and shown', async (t) => {
    const response = await create({ start: '2021-02-02T13:00' });
    t.equal(response.status, 200);
    const { uid } = response.json;
    t.match(uid, /^[0-9a-f]{32}$/);
    t.equal(response.text, JSON.stringify({ error: false, uid, text: 'Meeting erfolgreich angelegt' }));
    const headers = { host: 'host:8000' };
    const { json, text } = await scheduler.ask('GET', `/info/${uid}`, { headers });
    const [, id] = /\/(\d+)$/.exec(json.joinBrowser) ?? [];
    const expected = {
      ...{ timeZone: null, error: false, teilnehmer: ['a@example.org'] },
      ...{ start: '2021-02-02CET13:00:00', end: '2021-02-02CET13:45:00', duration: 45 },
      ...{ name: 'testAPINEW', moderator: 'a@example.org', server: 'meet.example.org' },
      joinBrowser: `http://host:8000/room/join/b/${id}`,
      joinApp: `http://host:8000/room/join/a/${id}`,
    };
    t.equal(text, JSON.stringify(expected));
  });

  await t.test('3.1: no server', async (t) => {
    t.equal((await create({ server: 'none.example.org' })).text, noServer);
    t.equal((await create({ server: 'Meet.example.org' })).text, noServer, 'compared exactly');
    t.equal((await create({ server: '1' })).text, noServer, 'the id is none');
    t.equal((await create({ server: 'absent' })).text, noServer);
    t.equal((await create({}, 'key-three')).text, noServer);
    t.equal((await create({}, 'wrong')).text, noServer);
    t.equal((await create({ email: 'c@example.org' })).text, noServer, 'not listed');
    t.equal((await create({ server: 'second.example.org', email: 'b@example.org' })).text, noServer);
    t.equal((await create({ name: 'absent' }, 'wrong')).text, noServer, 'first of all');
    for (const email of [
      'absent',
      '',
      'a@b',
      'a@localhost',
      'ä@b.de',
      ' a@example.org',
      'a@example.org ',
      'a b@c.de',
      'a',
    ]) {
      t.equal((await create({ server: 'https://open.example.org', email }, 'key-three')).text, noServer, email);
    }
    const { json } = await create({ server: 'https://open.example.org', email: 'A.B+c@x.example' }, 'key-three');
    t.equal(json.error, false, 'a server for everybody');
  });

  await t.test('3.1: an unknown organiser becomes a user, an invalid address does not', async (t) => {
    const known = async (email: string) =>
      (await scheduler.ask('GET', '/serverInfo', { query: { email } })).json.error === false;
    t.notOk(await known('new@example.org'));
    await create({ email: 'new@example.org' });
    t.ok(await known('new@example.org'));
    await create({ email: 'new@localhost' });
    t.notOk(await known('new@localhost'));
  });

  await t.test('3.1: names', async (t) => {
    t.equal((await create({ name: 'absent' })).text, invalid);
    const names = [
      '',
      '0',
      ' ',
      'Grüße 🐟 \u202e',
      '<script>alert("x")</script>&amp;\'',
      "'; DROP TABLE scheduling_conferences; --",
      'a\r\nBcc: x@example.org',
      '{"a":[]}\\u0000\\',
      '\x24{name}{{name}}%s%n',
      'n'.repeat(255),
    ];
    for (const name of names) {
      const { json } = await create({ name });
      t.equal((await scheduler.info(json.uid)).name, name);
    }
    t.type((await create({ name: 'a\u0000b' })).json.error, 'boolean');
  });

  await t.test('3.1: durations', async (t) => {
    for (const duration of [
      'absent',
      '',
      'x',
      '-5',
      '0',
      '1.5',
      '525601',
      '99999999999999999999',
      'NaN',
      '0x10',
      '\u0000',
    ]) {
      t.equal((await create({ duration })).text, invalid, duration);
    }
    for (const duration of [1, 70, 525_600]) {
      const { json } = await create({ duration });
      t.equal((await scheduler.info(json.uid)).duration, duration);
    }
  });

  await t.test('3.1: several servers that match', async (t) => {
    t.equal((await create({ server: 'twin.example.org' }, 'key-four')).text, invalid);
  });

  await t.test('3.1: an absent or empty start is now', async (t) => {
    for (const start of ['absent', '']) {
      const { json } = await create({ start });
      t.match(await scheduler.info(json.uid), { start: '2026-01-15CET12:00:00', end: '2026-01-15CET12:45:00' });
    }
  });

  await t.test('3.1: the user of a Keycloak id is the organiser', async (t) => {
    await create({ email: 'b@example.org' });
    const known = { keycloak_id: 'kc-1', time_zone: 'America/New_York' };
    const users = scheduler.database.queries.updateTable('scheduling_users').set(known);
    await users.where('email_lower', '=', 'b@example.org').execute();
    const { json } = await create({ keycloakId: 'kc-1', start: '2021-02-02T13:00' });
    const info = { moderator: 'b@example.org', teilnehmer: ['b@example.org'], timeZone: 'America/New_York' };
    t.match(await scheduler.info(json.uid), { ...info, start: '2021-02-02CET13:00:00' });
    const unknown = await create({ keycloakId: 'kc-2' });
    t.equal((await scheduler.info(unknown.json.uid)).moderator, 'a@example.org');
  });

  await t.test('4: dates', async (t) => {
    for (const [sent, shown] of dates) {
      const { json, text } = await create({ start: sent });
      if (shown === undefined) t.equal(text, invalid, sent);
      else t.equal((await scheduler.info(json.uid)).start, shown, sent);
    }
    const night = await create({ start: '2026-03-29T01:30', duration: 60 });
    t.match(await scheduler.info(night.json.uid), { start: '2026-03-29CET01:30:00', end: '2026-03-29CEST03:30:00' });
  });

  await t.test('3.2: a conference is changed', async (t) => {
    const uid = await scheduler.create({ start: '2021-02-02T13:00' });
    const changed = JSON.stringify({ error: false, uid, text: 'Meeting erfolgreich geändert' });
    t.equal(
      (await change(uid, { name: 'x', duration: 70, server: 'meet.example.org', start: '2021-07-01' })).text,
      changed,
    );
    const after = { name: 'x', duration: 70, start: '2021-07-01CEST00:00:00', end: '2021-07-01CEST01:10:00' };
    t.match(await scheduler.info(uid), after);
    t.equal((await change(uid, {})).text, changed, 'nothing');
    t.match(await scheduler.info(uid), after);
    const steps: Record<string, string | number>[] = [
      { name: '' },
      { duration: 5 },
      { start: '2021-02-02T14:00' },
      { server: 'second.example.org' },
    ];
    const shown = [{ name: '' }, { duration: 5 }, { start: '2021-02-02CET14:00:00' }, { server: 'second.example.org' }];
    for (const [index, step] of steps.entries()) {
      t.equal((await change(uid, step)).text, changed, JSON.stringify(step));
      t.match(await scheduler.info(uid), Object.assign({}, ...shown.slice(0, index + 1)));
    }
  });

  await t.test('3.2: what refuses a change', async (t) => {
    const uid = await scheduler.create();
    const before = await scheduler.info(uid);
    const notFound = '{"error":true,"text":"Room no found"}';
    t.equal((await change('none', { name: 'x' })).text, notFound);
    t.equal((await change('none', { name: 'x' }, 'wrong')).text, notFound, 'first of all');
    t.equal((await scheduler.ask('PUT', '/room')).text, notFound, 'no uid');
    t.equal((await change(uid, { name: 'x' }, 'wrong')).text, noServer);
    t.equal((await change(uid, { name: 'x' }, 'key-three')).text, noServer);
    t.equal(
      (await change(uid, { server: 'https://open.example.org' }, 'key-three')).text,
      noServer,
      'key of the new one',
    );
    t.equal((await change(uid, { server: 'https://open.example.org' })).text, noServer, 'of another key');
    t.equal((await change(uid, { server: 'none' })).text, noServer);
    t.equal((await change(uid, { name: 'x', duration: 0 })).text, invalid);
    t.equal((await change(uid, { name: 'x', duration: 'x' })).text, invalid);
    t.equal((await change(uid, { name: 'x', start: '2021-02-30' })).text, invalid);
    t.strictSame(await scheduler.info(uid), before, 'nothing was changed');
    const foreign = await scheduler.create({ email: 'b@example.org' });
    t.equal((await change(foreign, { server: 'second.example.org' })).text, noServer, 'the moderator is no user there');
  });

  await t.test('3.3: a conference is deleted', async (t) => {
    const remove = (uid: string, key = 'key-one') => scheduler.ask('DELETE', '/room', { query: { uid }, key });
    const uid = await scheduler.create();
    t.equal((await remove(uid, 'wrong')).text, noServer);
    t.equal((await remove(uid, 'key-three')).text, noServer);
    t.equal((await remove(uid)).text, '{"error":false,"text":"Erfolgreich gelöscht"}');
    const notFound = '{"error":true,"text":"Room not found "}';
    t.equal((await remove(uid)).text, notFound, 'deleted before');
    t.equal((await remove('none')).text, notFound);
    t.equal((await remove('none', 'wrong')).text, notFound);
    t.equal((await scheduler.ask('DELETE', '/room')).text, notFound);
    t.equal((await change(uid, { name: 'x' })).text, '{"error":true,"text":"Room no found"}');
    t.equal((await scheduler.ask('GET', `/info/${uid}`)).text, '{"error":true,"text":"no Room found"}');
  });

  await t.test('3.6: who may look, and from where', async (t) => {
    const uid = await scheduler.create();
    const look = async (key: string | null, conference = uid) =>
      (await scheduler.ask('GET', `/info/${conference}`, { key })).text;
    for (const key of ['wrong', 'key-three', null]) t.equal(await look(key), noServer, String(key));
    for (const conference of ['none', '%00', uid.toUpperCase(), `${uid}0`, 'x'.repeat(5000)]) {
      t.equal(await look('key-one', conference), '{"error":true,"text":"no Room found"}', conference);
    }
    const from = async (host: string) => {
      const { json } = await scheduler.ask('GET', `/info/${uid}`, { headers: { host } });
      return json.joinBrowser.replace(/\/room\/join\/b\/\d+$/, '');
    };
    for (const host of ['127.0.0.1:5002', 'x.example', 'X.example:80', '[::1]:8080'])
      t.equal(await from(host), `http://${host}`);
    t.equal(await from('media.example.org:8443'), 'https://media.example.org:8443', "the server's address has TLS");
    for (const host of ['a b', 'x"><script>', 'x/y', 'user@x', '[::1', 'x:99999999', 'a'.repeat(300)]) {
      t.equal(await from(host), 'https://media.example.org:8443', host);
    }
  });

  await t.test('many at once', async (t) => {
    const uids = await Promise.all(Array.from({ length: 20 }, () => scheduler.create()));
    t.equal(new Set(uids).size, 20);
    const infos = await Promise.all(uids.map((uid) => scheduler.info(uid)));
    t.equal(new Set(infos.map(({ joinApp }) => joinApp)).size, 20, 'ids are unique');
    const [uid = ''] = uids;
    const mixed = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 ? change(uid, { name: `name-${index}` }) : scheduler.ask('DELETE', '/room', { query: { uid } }),
      ),
    );
    t.strictSame(new Set(mixed.map(({ status }) => status)), new Set([200]));
    t.equal(mixed.filter(({ json }) => json.text === 'Erfolgreich gelöscht').length, 1, 'one of them deletes it');
    t.equal(await scheduler.info(uid), undefined);
  });
});

await onBothEngines(t, 'another time zone, open reads', async (t, engine) => {
  const variables = { JITSI_ADMIN_TIMEZONE: 'America/Sao_Paulo', JITSI_ADMIN_OPEN_READS: 'true' };
  const scheduler = await RunningScheduler.start(t, await engine.open(), variables);
  const uid = await scheduler.create({ start: '2021-02-02T13:00' });
  for (const key of [null, 'wrong']) {
    const { json } = await scheduler.ask('GET', `/info/${uid}`, { key });
    t.match(json, { start: '2021-02-02-0313:00:00', end: '2021-02-02-0313:30:00' });
    const servers = await scheduler.ask('GET', '/serverInfo', { key, query: { email: 'a@example.org' } });
    t.equal(servers.json.error, false);
  }
  t.equal((await scheduler.ask('DELETE', '/room', { key: null, query: { uid } })).text, noServer);
  t.equal((await scheduler.create({ start: `@${noon / 1000}` })).length, 32);
});
