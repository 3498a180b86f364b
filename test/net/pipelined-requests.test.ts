import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t, { type Test } from 'tap';
import { limitPipelining, maxPending } from '../../src/net/pipelined-requests.ts';

/** A server with the limit, and a connection to it. */
async function company(t: Test, listener: RequestListener) {
  const server = createServer(listener);
  limitPipelining(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  client.on('error', () => undefined);
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  let received = '';
  const responses = async (count: number) => {
    while (received.split('HTTP/1.1 200').length <= count || !received.endsWith('.')) {
      const [text] = await once(client, 'data');
      received += text;
    }
    return received;
  };
  return { client, responses };
}

const get = (path: number) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const gets = (count: number) => Array.from({ length: count }, (_, path) => get(path)).join('');

t.test('as many requests as are allowed at once get their responses in order, again and again', async (t) => {
  const paths: string[] = [];
  const { client, responses } = await company(t, ({ url = '' }, response) => {
    paths.push(url);
    response.end('.');
  });
  for (const round of [1, 2, 3]) {
    client.write(gets(maxPending));
    await responses(round * maxPending);
  }
  const once = Array.from({ length: maxPending }, (_, path) => `/${path}`);
  t.strictSame(paths, [...once, ...once, ...once]);
});

t.test(
  'of 20,000 requests at once only those that are allowed are handled, and the connection is closed',
  async (t) => {
    let handled = 0;
    const { client } = await company(t, (_request, response) => {
      handled += 1;
      response.end('.');
    });
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.resume().write(gets(20_000));
    await closed;
    t.equal(handled, maxPending);
  },
);

t.test('long headers and bodies arrive whole', async (t) => {
  const [header, body] = ['h'.repeat(9000), 'b'.repeat(300_000)];
  const { client, responses } = await company(t, async (request, response) => {
    const pieces = await request.setEncoding('latin1').toArray();
    response.end(request.headers.x === header && pieces.join('') === body ? 'whole.' : 'broken.');
  });
  for (const count of [1, 2]) {
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nX: ${header}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    t.match(await responses(count), /whole\.$/);
  }
});

t.test('a client that reads late gets every response', async (t) => {
  const long = `${'r'.repeat(1_000_000)}.`;
  const { client, responses } = await company(t, (_request, response) => response.end(long));
  client.pause();
  client.write(
    get(1)
      .replace('\r\n\r\n', `\r\nX: ${'x'.repeat(2000)}\r\n\r\n`)
      .repeat(8),
  );
  await new Promise((resolve) => setImmediate(resolve));
  client.resume();
  t.equal((await responses(8)).split(long).length, 9);
});

t.test('a request for an upgrade that nobody offers gets a response', async (t) => {
  const { client, responses } = await company(t, (_request, response) => response.end('.'));
  client.write(get(1).replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'));
  t.match(await responses(1), /200 OK/);
});
