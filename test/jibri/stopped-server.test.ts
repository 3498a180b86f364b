// A server that is stopped while it records for an orchestrator.
import t from 'tap';
import { Receiver } from '../net/receiver.ts';
import { RunningProcess } from '../running-process.ts';
import { startBody } from './running-jibri.ts';
import { lastSession } from './session-story.ts';

t.test('subscribers are told of sessions that end with the server', async (t) => {
  const receiver = await Receiver.start(t);
  const server = await RunningProcess.start(t, {
    FJ_RESOURCES_BASE_PATH: t.testdir(),
    JIBRI_HTTP_API_EXTERNAL_PORT: 'off',
    JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url,
    SHOAL_WORKERS: '1',
  });
  const { host } = await server.ready();
  const headers = { authorization: 'Bearer development', 'content-type': 'application/json' };
  const body = JSON.stringify(startBody());
  const { status } = await fetch(`http://${host}/jibri/api/v1.0/startService`, { method: 'POST', headers, body });
  t.equal(status, 200);
  server.kill('SIGTERM');
  await server.ended;
  t.match(await lastSession(receiver), { sessionId: 'session-1', status: 'OFF', failure: null });
});
