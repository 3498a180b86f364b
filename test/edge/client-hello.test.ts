import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { offersHttp2 } from '../../src/edge/client-hello.ts';

/** What a client sends first. */
async function hello(t: Test, ALPNProtocols: string[] | undefined): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...(ALPNProtocols && { ALPNProtocols }) });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = await once(socket, 'data');
  client.destroy();
  socket.destroy();
  return bytes;
}

t.test('who offers HTTP/2 is known from the first message', async (t) => {
  t.equal(offersHttp2(await hello(t, ['h2', 'http/1.1'])), true);
  t.equal(offersHttp2(await hello(t, ['http/1.1', 'h2'])), true);
  t.equal(offersHttp2(await hello(t, ['http/1.1'])), false);
  t.equal(offersHttp2(await hello(t, undefined)), false);
});

t.test('it is waited for until it is whole, and nothing else is', async (t) => {
  const bytes = await hello(t, ['h2']);
  for (let length = 0; length < bytes.length; length += 1) t.equal(offersHttp2(bytes.subarray(0, length)), undefined);
  t.equal(offersHttp2(Buffer.from('G')), false);
  t.equal(offersHttp2(Buffer.from([22, 3, 1, 255, 255])), false, 'longer than a record may be');
  for (let at = 5; at < bytes.length; at += 1) {
    const broken = Buffer.from(bytes);
    broken[at] = 255;
    t.type(offersHttp2(broken), 'boolean', `byte ${at} is wrong`);
  }
});
