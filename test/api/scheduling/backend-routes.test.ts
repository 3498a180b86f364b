// docs/contracts/jitsi-admin.md 2: keys, sources of parameters, responses.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { RunningScheduler } from './running-scheduler.ts';

const noServer = '{"error":true,"text":"No Server found"}';
const noRoom = '{"error":true,"text":"no Room found"}';

await onBothEngines(t, 'requests of backends', async (t, engine) => {
  const scheduler = await RunningScheduler.start(t, await engine.open());
  const ask = scheduler.ask.bind(scheduler);
  const uid = await scheduler.create();
  const nameOf = async (conference = uid) => (await scheduler.info(conference)).name;

  await t.test('keys', async (t) => {
    const said = async (headers: Record<string, string>) =>
      (await ask('DELETE', '/user', { key: null, headers, query: { uid, email: 'x' } })).text;
    const known = '{"error":true,"text":"Email incorrect"}';
    t.equal(await said({ authorization: 'Bearer key-one' }), known);
    t.equal(await said({ authorization: 'Bearer:key-one' }), known, 'a colon');
    t.equal(await said({ authorization: 'Bearer key-one  ' }), known, 'white space around headers is none of theirs');
    for (const authorization of ['Bearer  key-one', 'bearer key-one', 'Bearer key-on', 'Bearer key-one2', 'key-one']) {
      t.equal(await said({ authorization }), noServer, authorization);
    }
    t.equal(await said({}), noServer, 'none');
    t.equal(await said({ authorization: 'Bearer key-three' }), noServer, 'of another server');
    const { json } = await ask('POST', '/room', {
      key: 'schlüssel',
      form: { email: 'a@example.org', name: 'x', duration: 5, server: 'umlaut.example.org' },
    });
    t.equal(json.error, false, 'not only ASCII');
  });

  await t.test('parameters of all sources, for every method', async (t) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const path =
        method === 'GET' ? '/serverInfo' : method === 'POST' ? '/user' : method === 'PUT' ? '/room' : '/user';
      const values = { uid, email: 'a@example.org' };
      const sources = { query: { query: values }, form: { form: values }, json: { json: values } };
      for (const [source, asked] of Object.entries(sources)) {
        const { json, text } = await ask(method, path, asked);
        t.equal(json.error, false, `${method} ${source}: ${text}`);
        if (method === 'DELETE') await ask('POST', '/user', asked);
      }
      const { json } = await ask(method, path, { parts: values });
      t.equal(json.error, method !== 'POST', `${method}: several parts are read for POST only`);
    }
  });

  await t.test('the first source counts: path, query, form, JSON', async (t) => {
    await ask('PUT', '/room', { query: { uid, name: 'query' }, form: { uid: 'form', name: 'form' } });
    t.equal(await nameOf(), 'query');
    await ask('PUT', '/room', { query: { uid, name: 'query' }, json: { uid: 'json', name: 'json' } });
    t.equal(await nameOf(), 'query');
    await ask('PUT', '/room', { query: { uid }, json: { name: 'json' } });
    t.equal(await nameOf(), 'json', 'another source has what is missing');
    await ask('PUT', '/room', { query: 'name', form: { uid, name: 'form' } });
    t.equal(await nameOf(), '', 'an empty query parameter counts');
    const { json } = await ask('GET', `/info/${uid}`, { query: { uid: 'none' }, form: { uid: 'none' } });
    t.equal(json.error, false, 'the path');
    const moved = await ask('POST', `/room/move/${uid}`, { query: { uid: 'none', serverId: 1 } });
    t.equal(moved.status, 200);
  });

  await t.test("PHP's names and values", async (t) => {
    const rows: readonly (readonly [query: string, name: string])[] = [
      ['name=first&name=last', 'last'],
      ['name=x+y%2Bz', 'x y+z'],
      ['name=100%&', '100%'],
      ['name=%C3%A4%22', 'ä"'],
      ['name=%ff', '\ufffd'],
      ['+name=blank', 'blank'],
      ['name[]=list&name=text', 'text'],
    ];
    for (const [query, name] of rows) {
      for (const asked of [{ query: `uid=${uid}&${query}` }, { form: `uid=${uid}&${query}` }]) {
        await ask('PUT', '/room', { query: { uid, name: 'before' } });
        t.equal((await ask('PUT', '/room', asked)).json.error, false);
        t.equal(await nameOf(), name, query);
      }
    }
  });

  await t.test('what is no text', async (t) => {
    const invalid = '{"error":true}';
    for (const name of ['name', 'duration', 'server', 'start']) {
      const query = { uid };
      t.equal((await ask('PUT', '/room', { query: `uid=${uid}&${name}[]=1` })).text, invalid, name);
      t.equal((await ask('PUT', '/room', { query, form: `${name}[a]=1` })).text, invalid, name);
      t.equal((await ask('PUT', '/room', { query, json: { [name]: {} } })).text, invalid, name);
      t.equal((await ask('POST', '/room', { json: { [name]: [] } })).text, invalid, name);
    }
    t.equal((await ask('PUT', '/room', { form: 'uid[]=1' })).json.text, 'Room no found');
    t.equal((await ask('POST', '/user', { json: { uid, email: [] } })).json.text, 'Email incorrect');
    t.equal((await ask('GET', '/server/getRooms', { query: 'minutes[]=1' })).status, 400);
    const named = await ask('PUT', '/room', { json: { uid, name: 45.5, duration: 45 } });
    t.equal(named.json.error, false, 'numbers are texts');
    t.match(await scheduler.info(uid), { name: '45.5', duration: 45 });
    await ask('PUT', '/room', { json: { uid, name: true, duration: null, start: null, server: null } });
    t.match(await scheduler.info(uid), { name: 'true', duration: 45 }, 'null is absent');
  });

  await t.test('bodies that cannot be read have no parameters', async (t) => {
    const bodies: readonly (readonly [type: string, body: string | Buffer])[] = [
      ['application/json', '{"uid":'],
      ['application/json', '[]'],
      ['application/json', ''],
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=x', 'x'],
      ['multipart/form-data; boundary=x', Buffer.from([0, 255, 254])],
      ['application/x-www-form-urlencoded', Buffer.from([0, 255, 254])],
      ['text/plain', `uid=${uid}`],
      ['application/xml', '<uid/>'],
      ['/', `uid=${uid}`],
      ['; charset', `uid=${uid}`],
    ];
    for (const [type, body] of bodies) {
      const response = await ask('POST', '/user', { headers: { 'content-type': type }, body });
      t.equal(response.text, noRoom, `${type} ${body}`);
    }
    for (const type of ['application/x-www-form-urlencoded; charset=utf-8', 'APPLICATION/X-WWW-FORM-URLENCODED']) {
      const headers = { 'content-type': type };
      t.equal((await ask('POST', '/user', { headers, body: `uid=${uid}` })).json.text, 'Email incorrect', type);
    }
    const headers = { 'content-type': 'application/problem+json' };
    t.equal((await ask('POST', '/user', { headers, body: JSON.stringify({ uid }) })).json.text, 'Email incorrect');
    t.equal((await ask('POST', '/user', { body: `uid=${uid}` })).text, noRoom, 'no type at all');
  });

  await t.test('_method is a name like others', async (t) => {
    const { json } = await ask('POST', '/user', { form: { _method: 'DELETE', uid, email: 'm@example.org' } });
    t.match(json.text, /hinzugefügt/);
    t.ok((await scheduler.info(uid)).teilnehmer.includes('m@example.org'));
  });

  await t.test('long bodies', async (t) => {
    const name = 'n'.repeat(1_048_576);
    const sources = [{ form: { uid, name } }, { json: { uid, name } }];
    for (const asked of sources)
      t.type((await ask('PUT', '/room', asked)).json.error, 'boolean', 'an ordinary response');
    const parts = { uid, email: 'a@example.org', padding: 'p'.repeat(900_000) };
    t.equal((await ask('POST', '/user', { parts })).json.error, false, 'several parts');
    const tooLong = { uid, name: 'n'.repeat(2_000_000) };
    const refused = await ask('PUT', '/room', { form: tooLong });
    t.equal(refused.status, 413);
    t.equal(refused.text, '{"error":true,"text":"Request Entity Too Large"}');
    const padded = { uid, email: 'x', padding: 'p'.repeat(20_000) };
    t.equal(
      (await ask('POST', '/user', { form: padded, key: 'none' })).text,
      noRoom,
      'a stranger has no parameters then',
    );
    t.equal((await ask('POST', '/user', { form: { uid, padding: 'p'.repeat(15_000) }, key: 'none' })).text, noServer);
    const chunked = { 'transfer-encoding': 'chunked' };
    for (const [key, text] of [
      ['key-one', 'Email incorrect'],
      ['none', 'no Room found'],
    ] as const) {
      const { json } = await ask('POST', '/user', { ...{ form: padded, key }, headers: chunked });
      t.equal(json.text, text, 'without a length');
    }
  });

  await t.test('responses', async (t) => {
    const response = await ask('GET', '/serverInfo', { query: { email: 'a@example.org' } });
    t.equal(response.headers['content-type'], 'application/json');
    t.equal(response.headers['access-control-allow-origin'], undefined);
    const info = await ask('GET', `/info/${uid}`);
    t.equal(info.headers['access-control-allow-origin'], '*');
    t.equal((await ask('GET', '/info/none')).headers['access-control-allow-origin'], '*', 'of refusals, too');
    const preflight = { 'access-control-request-method': 'DELETE', origin: 'https://example.org' };
    for (const path of ['/room', `/info/${uid}`, '/none']) {
      const { headers } = await ask('OPTIONS', path, { headers: preflight });
      t.equal(headers['access-control-allow-origin'], undefined, `preflight of ${path}`);
    }
    const head = await ask('HEAD', `/info/${uid}`);
    t.equal(head.status, 200);
    t.equal(head.text, '');
    t.equal(head.headers['content-length'], String(Buffer.byteLength(info.text)));
    t.equal((await ask('GET', `/info/${uid}/`)).text, info.text, 'a slash at the end');
    const old = connect(scheduler.api.port, '127.0.0.1');
    old.write(`GET /api/v1/info/${uid} HTTP/1.0\r\nauthorization: Bearer key-one\r\n\r\n`);
    t.match(await text(old), '"joinApp":"https://media.example.org:8443/room/join/a/', 'a request without a host');
  });

  await t.test('methods and paths that are not there', async (t) => {
    const rows: readonly (readonly [path: string, allow: string])[] = [
      ['/room', 'POST, PUT, DELETE'],
      ['/user', 'POST, DELETE'],
      [`/info/${uid}`, 'GET, HEAD'],
      ['/serverInfo', 'GET, HEAD'],
      ['/server/create', 'POST'],
      ['/server/getRooms', 'GET, HEAD'],
      [`/room/move/${uid}`, 'POST'],
      ['/room/move', 'POST'],
      [`/move/room/${uid}`, 'POST'],
      ['/conferenceMapper', 'GET, HEAD'],
    ];
    for (const [path, allow] of rows) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        if (allow.split(', ').includes(method)) continue;
        const response = await ask(method, path, { query: { uid } });
        t.equal(response.status, 405, `${method} ${path}`);
        t.equal(response.headers.allow, allow);
        const member = path.includes('move') ? 'message' : 'text';
        t.equal(response.text, method === 'HEAD' ? '' : `{"error":true,"${member}":"Method Not Allowed"}`);
      }
    }
    for (const path of ['', '/', '/none', '/info', '/room/x', '/user/x', '/room/move/a/b', '/getAllEntries', '/Room']) {
      const response = await ask('GET', path);
      t.equal(response.status, 404, path);
      if (path.length > 1) t.equal(response.text, '{"error":true,"text":"Not Found"}');
    }
  });

  await t.test('after 60 wrong keys further ones are refused', async (t) => {
    scheduler.clock.advance(120_000);
    const guess = (key: string | null) => ask('DELETE', '/room', { key, query: { uid: 'none' } });
    for (let index = 0; index < 60; index += 1) t.equal((await guess(`wrong-${index}`)).status, 200);
    const refused = await guess('wrong');
    t.equal(refused.status, 429);
    t.equal(refused.headers['retry-after'], '60');
    t.equal(refused.text, '{"error":true,"text":"Too many requests"}');
    t.equal((await ask('POST', '/room/move', { key: 'wrong' })).text, '{"error":true,"message":"Too many requests"}');
    t.equal((await guess('key-one')).status, 200, 'the right one');
    t.equal((await guess(null)).status, 200, 'none');
    scheduler.clock.advance(60_000);
    t.equal((await guess('wrong')).status, 200, 'a minute later');
  });
});
