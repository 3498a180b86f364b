// docs/contracts/jitsi-admin.md 2: the database is away, and comes back.

import t from 'tap';
import { Secret } from '../../../src/config/secret.ts';
import { Database } from '../../../src/database/database.ts';
import { Postgres } from '../../database/postgres.ts';
import { silentLogger } from '../../log/silent-logger.ts';
import { RunningScheduler } from './running-scheduler.ts';

t.test('nothing is done without the database', async (t) => {
  const postgres = await Postgres.start(t);
  const url = new Secret(await postgres.createDatabase());
  const database = await Database.open({ url, file: '', logger: silentLogger });
  t.teardown(() => database.close());
  const scheduler = await RunningScheduler.start(t, database);
  const uid = await scheduler.create();
  const before = await scheduler.info(uid);
  await postgres.kill('SIGINT');
  const fields = { email: 'a@example.org', name: 'x', duration: 30, server: 'meet.example.org' };
  const requests: readonly (readonly [method: string, path: string, query: Record<string, string | number>])[] = [
    ['POST', '/room', fields],
    ['PUT', '/room', { uid, ...fields }],
    ['DELETE', '/room', { uid }],
    ['POST', '/user', { uid, email: 'b@example.org' }],
    ['DELETE', '/user', { uid, email: 'a@example.org' }],
    ['GET', `/info/${uid}`, {}],
    ['GET', '/serverInfo', { email: 'c@example.org' }],
    ['POST', '/server/create', { url: 'x.example.org' }],
    ['GET', '/server/getRooms', { minutes: 10 }],
    ['POST', `/room/move/${uid}`, { serverId: 2 }],
    ['GET', '/conferenceMapper', { confid: '1' }],
  ];
  for (const [method, path, query] of requests) {
    const { status, headers, json } = await scheduler.ask(method, path, { query });
    t.equal(status, 503, `${method} ${path}`);
    t.match(headers['retry-after'], /^\d+$/);
    t.equal(json.error, true);
    t.match(path.includes('move') ? json.message : json.text, /^The database is not available: /);
  }
  t.equal((await scheduler.ask('DELETE', '/room', { query: { uid }, key: null })).status, 503);
  await postgres.start();
  t.strictSame(await scheduler.info(uid), before);
  const { json } = await scheduler.ask('GET', '/server/getRooms', { query: { minutes: 10 } });
  t.strictSame(json.room_ids, [uid]);
});
