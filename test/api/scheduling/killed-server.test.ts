// What a backend was told is in the database when the server is killed: docs/contracts/jitsi-admin.md 3.
import t from 'tap';
import { testEngine } from '../../database/engines.ts';
import { RunningProcess } from '../../running-process.ts';
import { RunningScheduler, schedulingServers, wholeKey } from './running-scheduler.ts';

const fields = { email: 'a@example.org', duration: '30', server: 'meet.example.org', start: '2030-01-01T10:00' };

// SQLite is in the process that is killed. That PostgreSQL keeps what it has committed, test/database/durability.test.ts shows.
t.test('a server that is killed', async (t) => {
  const { variables, open } = await testEngine(t, 'SQLite');
  const servers = JSON.stringify(schedulingServers);
  const killed = await RunningProcess.start(t, { ...variables, JITSI_ADMIN_SERVERS: servers, SHOAL_WORKERS: '1' });
  await killed.ready();
  const ask = async (method: string, path: string, query: Record<string, string>) => {
    const headers = { authorization: `Bearer ${wholeKey}` };
    const url = `http://${killed.host}/api/v1${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url, { method, headers });
    return (await response.json()) as Record<string, unknown>;
  };
  const create = async (name: string) => String((await ask('POST', '/room', { ...fields, name })).uid);
  const [changed, moved, deleted, visited] = [
    await create('a'),
    await create('b'),
    await create('c'),
    await create('d'),
  ];
  await ask('PUT', '/room', { uid: changed, name: 'changed', duration: '70' });
  const { server_id } = await ask('POST', '/server/create', { url: 'clone.example.org' });
  await ask('POST', `/room/move/${moved}`, { serverId: String(server_id) });
  await ask('DELETE', '/room', { uid: deleted });
  await ask('POST', '/user', { uid: visited, email: 'p@example.org' });

  const created = new Map<string, string>();
  const creating = Array.from({ length: 4 }, async (_, line) => {
    for (let index = 0; index < 10_000; index += 1) {
      const name = `${line}-${index}`;
      created.set(await create(name), name);
      if (created.size === 40) killed.kill('SIGKILL');
    }
  });
  await Promise.allSettled(creating);
  await killed.ended;
  t.ok(created.size >= 40, 'it was killed while it created conferences');

  // What reads is the same API: a whole server would take seconds.
  const scheduler = await RunningScheduler.start(t, await open());
  for (const [uid, name] of created) t.match(await scheduler.info(uid), { name, teilnehmer: ['a@example.org'] });
  t.match(await scheduler.info(changed), { name: 'changed', duration: 70 });
  t.match(await scheduler.info(moved), { server: 'clone.example.org' });
  t.match(await scheduler.info(visited), { teilnehmer: ['a@example.org', 'p@example.org'] });
  t.equal(await scheduler.info(deleted), undefined);
  const { json } = await scheduler.ask('POST', `/room/move/${changed}`, { form: { serverId: String(server_id) } });
  t.strictSame(json, { error: false, message: 'Room moved' });
});
