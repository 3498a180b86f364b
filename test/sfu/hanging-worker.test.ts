import t from 'tap';
import { MediaWorkers } from '../media-workers.ts';
import { RunningServer } from '../running-server.ts';

t.test('a server whose only media worker hangs refuses rooms with the reason, and closes', async (t) => {
  const workers = new MediaWorkers();
  const server = await RunningServer.start(t);
  await server.createRoom({ roomId: 'before' });
  const [pid] = workers.pids;
  process.kill(Number(pid), 'SIGSTOP');
  const refused = { status: 503, json: { errors: 'No media worker responds' } };
  t.same(await server.ask('POST', '/room', { roomId: 'while' }), refused);
  t.same(await server.ask('POST', '/room', { roomId: 'again' }), refused);
  t.equal((await server.ask('GET', '/health')).status, 503);
  t.equal((await server.ask('GET', '/room/while')).status, 404);
  await server.server.close();
  t.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});
