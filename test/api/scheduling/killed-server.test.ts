// What a backend was told is there when the server is killed and started again: docs/contracts/jitsi-admin.md 3.
import t from 'tap';
import { onBothEngines } from '../../database/engines.ts';
import { RunningProcess } from '../../running-process.ts';
import { schedulingServers, wholeKey } from './running-scheduler.ts';

const fields = { email: 'a@example.org', duration: '30', server: 'meet.example.org', start: '2030-01-01T10:00' };

await onBothEngines(t, 'a server that is killed', async (t, engine) => {
  const variables = { ...engine.variables, JITSI_ADMIN_SERVERS: JSON.stringify(schedulingServers), SHOAL_WORKERS: '1' };
  const start = async () => (await RunningProcess.start(t, variables)).ready();
  const ask = async ({ host }: RunningProcess, method: string, path: string, query: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${wholeKey}` };
    const url = `http://${host}/api/v1${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url, { method, headers });
    return (await response.json()) as Record<string, unknown>;
  };
  const first = await start();
  const create = async (name: string) => String((await ask(first, 'POST', '/room', { ...fields, name })).uid);
  const [changed, moved, deleted, visited] = [
    await create('a'),
    await create('b'),
    await create('c'),
    await create('d'),
  ];
  await ask(first, 'PUT', '/room', { uid: changed, name: 'changed', duration: '70' });
  const { server_id } = await ask(first, 'POST', '/server/create', { url: 'clone.example.org' });
  await ask(first, 'POST', `/room/move/${moved}`, { serverId: String(server_id) });
  await ask(first, 'DELETE', '/room', { uid: deleted });
  await ask(first, 'POST', '/user', { uid: visited, email: 'p@example.org' });

  const created = new Map<string, string>();
  const creating = Array.from({ length: 4 }, async (_, line) => {
    for (let index = 0; index < 10_000; index += 1) {
      const name = `${line}-${index}`;
      created.set(await create(name), name);
      if (created.size === 40) first.kill('SIGKILL');
    }
  });
  await Promise.allSettled(creating);
  await first.ended;
  t.ok(created.size >= 40, 'it was killed while it created conferences');

  const second = await start();
  const info = async (uid: string) => await ask(second, 'GET', `/info/${uid}`);
  for (const [uid, name] of created) t.match(await info(uid), { name, error: false, teilnehmer: ['a@example.org'] });
  t.match(await info(changed), { name: 'changed', duration: 70 });
  t.match(await info(moved), { server: 'clone.example.org' });
  t.match(await info(visited), { teilnehmer: ['a@example.org', 'p@example.org'] });
  t.match(await info(deleted), { error: true, text: 'no Room found' });
  t.match(await ask(second, 'POST', `/room/move/${changed}`, { serverId: String(server_id) }), { error: false });
});
