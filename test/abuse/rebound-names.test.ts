// A page whose name leads to a loopback address reaches what listens there, unless that asks for its own name.
import { once } from 'node:events';
import { request } from 'node:http';
import { pino } from 'pino';
import t from 'tap';
import { JibriListeners } from '../../src/api/jibri/jibri-listeners.ts';
import { readConfig } from '../../src/config/config.ts';
import { RunningApi } from '../api/running-api.ts';
import { RunningJibri } from '../jibri/running-jibri.ts';
import { RunningServer } from '../running-server.ts';

/** @returns the status of a request for a host */
async function statusOf(port: number, host: string, method: string, path: string): Promise<number | undefined> {
  const asking = request({ host: '127.0.0.1', port, method, path, headers: { host }, agent: false });
  asking.end();
  const [response] = await once(asking, 'response');
  response.resume();
  return response.statusCode;
}

t.test('recorder listeners refuse requests for another host', async (t) => {
  const { jibri } = await RunningJibri.start(t);
  const { jibri: config } = await readConfig({});
  const free = { ip: '127.0.0.1', port: 0 };
  const ports = { external: { ...free, required: true }, internal: free, slotListeners: [free] };
  const listeners = await JibriListeners.start(jibri, { ...config, ...ports }, pino({ level: 'silent' }));
  t.teardown(() => listeners.close());
  for (const port of listeners.ports) {
    for (const [method, path] of [
      ['GET', '/jibri/api/v1.0/health'],
      ['POST', '/jibri/api/v1.0/stopService'],
      ['POST', '/jibri/api/internal/v1.0/shutdown'],
      ['GET', '/none'],
    ] as const) {
      t.equal(await statusOf(port, `evil.example:${port}`, method, path), 403, path);
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      t.not(await statusOf(port, host, 'GET', '/jibri/api/v1.0/health'), 403, host);
    }
  }
});

t.test('a development server and the metrics refuse requests for another host', async (t) => {
  const { server } = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_HOST: 'media.example' });
  for (const path of ['/demo', '/room', '/hls/a/b.m3u8', '/jibri/api/v1.0/health', '/socket/peer/websocket']) {
    t.equal(await statusOf(server.port, 'evil.example', 'GET', path), 403, path);
  }
  t.equal(await statusOf(server.port, 'evil.example', 'POST', '/demo/join'), 403);
  t.equal(await statusOf(server.metricsPort, 'evil.example', 'GET', '/metrics'), 403);
  t.equal(await statusOf(server.metricsPort, 'localhost:9568', 'GET', '/metrics'), 200);
  for (const host of ['localhost:1', 'media.example']) {
    t.equal(await statusOf(server.port, host, 'GET', '/room'), 401, host);
  }
});

t.test('in production, names that a reverse proxy passes on are taken', async (t) => {
  const api = await RunningApi.start();
  t.teardown(() => api.close());
  t.equal(await statusOf(api.port, 'media.example', 'GET', '/room'), 401);
});
