import { connect } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { MetricsEndpoint } from '../../src/metrics/metrics-endpoint.ts';

async function start(t: Test, scrape: () => Promise<string>) {
  const lines: { msg: string; err?: { message: string } }[] = [];
  const logger = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  const endpoint = await MetricsEndpoint.start({ ip: '127.0.0.1', port: 0, scrape, logger });
  t.teardown(() => endpoint.close());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  return { endpoint, lines, get };
}

const type = 'text/plain; charset=utf-8';
const notFound = { status: 404, type, body: 'Not Found' };

t.test('/metrics returns the scrape, every other path is not found', async (t) => {
  const { get } = await start(t, async () => 'rooms 1 ü\n');
  const scraped = { status: 200, type, body: 'rooms 1 ü\n' };
  t.strictSame(await get('/metrics'), scraped);
  t.strictSame(await get('/metrics?name[]=rooms'), scraped);
  t.strictSame(await get('/metrics', 'HEAD'), { ...scraped, body: '' });
  for (const path of ['/', '/metric', '/metrics/more', '//metrics']) t.strictSame(await get(path), notFound, path);
  t.strictSame(await get('/metrics', 'POST'), notFound);
});

t.test('a scrape that fails gets an error response and is logged; the server goes on', async (t) => {
  let failures = 1;
  const { get, lines } = await start(t, async () => {
    if (failures-- > 0) throw new Error('broken');
    return 'rooms 1\n';
  });
  t.strictSame(await get('/metrics'), { status: 500, type, body: 'Internal Server Error' });
  t.match(lines, [{ msg: 'The metrics could not be collected.', err: { message: 'broken' } }]);
  t.equal((await get('/metrics')).status, 200);
});

t.test('a port in use is an error at the start', async (t) => {
  const { endpoint } = await start(t, async () => '');
  const { port } = endpoint;
  const again = MetricsEndpoint.start({
    ip: '127.0.0.1',
    port,
    scrape: async () => '',
    logger: pino({ enabled: false }),
  });
  await t.rejects(again, { code: 'EADDRINUSE', port });
});

t.test('close ends open connections and frees the port', async (t) => {
  const { endpoint } = await start(t, async () => '');
  const { port } = endpoint;
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const cut = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  await Promise.all([endpoint.close(), endpoint.close()]);
  await cut;
  const again = await MetricsEndpoint.start({
    ip: '127.0.0.1',
    port,
    scrape: async () => '',
    logger: pino({ enabled: false }),
  });
  t.equal(again.port, port);
  await again.close();
});
