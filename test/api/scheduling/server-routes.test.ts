// docs/contracts/jitsi-admin.md 3.7 to 3.10: servers, clones, what will begin, and moving there.
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { noon, RunningScheduler } from './running-scheduler.ts';

const noServer = '{"error":true,"text":"No Server found"}';

await onBothEngines(t, 'servers', async (t, engine) => {
  const scheduler = await RunningScheduler.start(t, await engine.open());
  const clone = (form: Record<string, string>, key = 'key-one') =>
    scheduler.ask('POST', '/server/create', { form, key });
  const soon = (query: Record<string, string | number>, key = 'key-one') =>
    scheduler.ask('GET', '/server/getRooms', { query, key });
  const move = (uid: string, serverId: string | number, key = 'key-one') =>
    scheduler.ask('POST', `/room/move/${uid}`, { query: { serverId }, key });

  await t.test('3.7: the servers of a user', async (t) => {
    await scheduler.create();
    const ask = (query: Record<string, string>, key: string | null = 'key-one') =>
      scheduler.ask('GET', '/serverInfo', { query, key });
    const { text } = await ask({ email: 'a@example.org' }, 'key-three');
    const [open, meet] = ['https://open.example.org', 'meet.example.org'];
    const listed = [meet, 'second.example.org', 'twin.example.org', 'umlaut.example.org', open];
    t.equal(
      text,
      JSON.stringify({ server: listed, email: 'a@example.org', error: false }),
      'of all keys, each url once',
    );
    for (const key of ['wrong', null]) t.equal((await ask({ email: 'a@example.org' }, key)).text, noServer);
    const unknown = '{"error":true,"text":"User incorrect"}';
    t.equal((await ask({ email: 'unknown@example.org' })).text, unknown);
    t.equal((await ask({})).text, unknown);
    await scheduler.create({ email: 'guest@example.org', server: open }, 'key-three');
    t.strictSame((await ask({ email: 'guest@example.org' })).json.server, [open, meet], 'everybody, then the default');
    const user = { email: 'kc@example.org', email_lower: 'kc@example.org', keycloak_id: 'kc-7' };
    await scheduler.database.queries.insertInto('scheduling_users').values(user).execute();
    t.equal((await ask({ email: 'a@example.org', keycloakId: 'kc-7' })).json.email, 'kc@example.org');
  });

  await t.test('3.8: what refuses a clone', async (t) => {
    const refusal = {
      error: true,
      text: 'No Server found. The server mus be allowed to be cloned to autoscale',
      hint: 'use the command php bin/console app:server:allowTo #serverid to allow to clone',
    };
    for (const key of ['wrong', 'key-three']) {
      t.equal((await clone({ url: 'x.example.org', name: 'x' }, key)).text, JSON.stringify(refusal), key);
    }
    const forms: Record<string, string>[] = [{}, { name: 'no host name' }, { url: '', name: '' }];
    for (const form of forms) {
      t.equal((await clone(form)).text, '{"error":true,"text":"url is required"}', JSON.stringify(form));
    }
  });

  await t.test('3.8: clones', async (t) => {
    const first = await clone({ url: 'c1.example.org', name: 'C 1', app_id: 'i', app_secret: 's' });
    const id = first.json.server_id;
    t.ok(Number.isInteger(id) && id > 6, 'an id that no server has');
    t.equal(first.text, JSON.stringify({ server_id: id, sucess: true, error: false }));
    const second = await clone({ url: 'c1.example.org' });
    t.ok(second.json.server_id > id, 'the same url, another id');
    t.equal((await clone({ name: 'c3.example.org' })).json.error, false, 'a name that is a host name');
    const query = { email: 'a@example.org', name: 'x', duration: 5, server: 'c1.example.org' };
    t.equal((await scheduler.ask('POST', '/room', { query })).text, noServer, 'nobody may schedule there');
    const uid = await scheduler.create();
    t.equal((await move(uid, id)).status, 200, 'but move');
    t.equal((await scheduler.info(uid)).server, 'c1.example.org');
    t.equal((await scheduler.ask('PUT', '/room', { query: { uid, name: 'there' } })).json.error, false, 'with its key');
  });

  await t.test('3.9: what will begin', async (t) => {
    const start = (minutes: number) => `@${noon / 1000 + minutes * 60}`;
    const [before, now, later, last, after, elsewhere, deleted] = [
      ...[await scheduler.create({ start: start(-1) }), await scheduler.create({ start: start(1000) })],
      ...[await scheduler.create({ start: start(1005) }), await scheduler.create({ start: start(1010) })],
      ...[await scheduler.create({ start: start(1011) }), await scheduler.create({ start: start(1005) })],
      await scheduler.create({ start: start(1005) }),
    ];
    await scheduler.ask('DELETE', '/room', { query: { uid: deleted ?? '' } });
    const target = (await clone({ url: 'c9.example.org' })).json.server_id;
    await move(elsewhere ?? '', target);
    scheduler.clock.advance(1000 * 60_000);
    const { json, text } = await soon({ minutes: 10 });
    const uids: string[] = json.room_ids;
    t.strictSame(new Set(uids), new Set([now, later, last]), 'both ends included');
    t.equal(text, JSON.stringify({ server_id: 1, success: true, error: false, room_ids: uids }));
    t.notOk(uids.includes(before ?? '') || uids.includes(after ?? ''));
    t.strictSame((await soon({ minutes: 0 })).json.room_ids, [now]);
    t.strictSame((await soon({ minutes: -5 })).json.room_ids, []);
    t.strictSame((await soon({ minutes: 10, serverId: target })).json, {
      ...{ server_id: target, success: true, error: false, room_ids: [elsewhere] },
    });
    t.equal((await soon({ minutes: 10, serverId: 3 })).text, noServer, 'of another key');
    t.equal((await soon({ minutes: 10, serverId: 'x' })).text, noServer);
    t.equal((await soon({ minutes: 10 }, 'wrong')).text, noServer);
    t.equal((await soon({}, 'wrong')).text, noServer, 'first of all');
    for (const minutes of ['absent', '', 'x', '1.5', '1e', '10 minutes', '\u0000']) {
      const response = await soon(minutes === 'absent' ? {} : { minutes });
      t.equal(response.status, 400, minutes);
      t.equal(response.text, '{"error":true,"text":"minutes is required"}');
    }
    t.equal((await soon({ minutes: '99999999999999999999' })).json.error, false, 'as far as one likes');
  });

  await t.test('3.10: three forms', async (t) => {
    const uid = await scheduler.create();
    const moved = '{"error":false,"message":"Room moved"}';
    const forms = [`/room/move/${uid}`, '/room/move', `/move/room/${uid}`];
    const urls = ['meet.example.org', 'second.example.org'];
    let to = 1;
    for (const path of forms) {
      for (const name of ['server', 'serverId']) {
        to = 3 - to;
        const response = await scheduler.ask('POST', path, {
          query: { [name]: to, ...(path === '/room/move' && { uid }) },
        });
        t.equal(response.status, 200);
        t.equal(response.text, moved, `${path} ${name}`);
        t.equal((await scheduler.info(uid)).server, urls[to - 1]);
      }
    }
    t.equal((await move(uid, to)).text, moved, 'where it is');
    t.equal((await scheduler.ask('POST', `/room/move/${uid}`, { form: { serverId: 2 } })).text, moved, 'a form');
  });

  await t.test('3.10: refusals in their order', async (t) => {
    const uid = await scheduler.create();
    const deleted = await scheduler.create();
    await scheduler.ask('DELETE', '/room', { query: { uid: deleted } });
    const said = async (response: ReturnType<typeof move>) => `${(await response).status} ${(await response).text}`;
    const noRoom = '404 {"error":true,"message":"Room not found"}';
    t.equal(await said(move('none', 99, 'wrong')), noRoom);
    t.equal(await said(move(deleted, 2)), noRoom);
    t.equal(await said(scheduler.ask('POST', '/room/move', { query: { server: 2 } })), noRoom, 'no uid');
    const denied = '403 {"error":true,"message":"Access denied"}';
    for (const key of ['wrong', 'key-three']) t.equal(await said(move(uid, 99, key)), denied, key);
    const noTarget = '404 {"error":true,"message":"New Server not found"}';
    for (const id of [99, 3, '', 'x', '2x', '1.0', '-1', '99999999999999999999', 'second.example.org']) {
      t.equal(await said(move(uid, id)), noTarget, String(id));
    }
    t.equal(await said(scheduler.ask('POST', `/room/move/${uid}`)), noTarget, 'no id');
    t.equal((await scheduler.info(uid)).server, 'meet.example.org', 'it is where it was');
  });

  await t.test('many at once', async (t) => {
    const uid = await scheduler.create();
    const clones = await Promise.all(Array.from({ length: 10 }, (_, index) => clone({ url: `p${index}.example.org` })));
    const ids = clones.map(({ json }) => json.server_id);
    t.equal(new Set(ids).size, 10, 'ids are unique');
    const moves = await Promise.all(ids.map((id) => move(uid, id)));
    t.strictSame(new Set(moves.map(({ status }) => status)), new Set([200]));
    t.match((await scheduler.info(uid)).server, /^p\d\.example\.org$/);
  });
});
