// A single connection, without a token, that makes much work of few bytes is closed before others notice.
import { once } from 'node:events';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { maxFragments } from '../../src/api/socket-routes.ts';
import { RunningApi } from '../api/running-api.ts';

const opened: WebSocket[] = [];
const accept = (socket: WebSocket) => {
  opened.push(socket);
  socket.on('error', () => undefined);
  socket.on('message', (bytes: Buffer) => socket.send(String(bytes.length)));
};
const api = await RunningApi.start({ serverSockets: accept, peerSockets: accept });
t.teardown(() => api.close());

/** Sends all, unless the server closes first. @returns what was received until it closed */
async function untilClosed(t: Test, start: string, repeated: string): Promise<string> {
  const client = connect(api.port, '127.0.0.1').setEncoding('latin1');
  t.teardown(() => client.destroy());
  let received = '';
  client.on('error', () => undefined).on('data', (text: string) => (received += text));
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.write(start + repeated);
  await closed;
  return received;
}

t.test('thousands of requests at once', async (t) => {
  const received = await untilClosed(t, '', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20_000));
  t.ok(received.split('HTTP/1.1').length <= 17, 'hardly one gets a response');
  t.equal((await api.ask('GET', '/room')).status, 200);
});

for (const type of ['application/json', 'text/other']) {
  t.test(`a body in pieces of one byte (${type})`, async (t) => {
    const head = `POST /room HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await untilClosed(t, head, '1\r\n{\r\n'.repeat(100_000));
    t.equal((await api.ask('GET', '/room')).status, 200);
  });
}

t.test('a body that never ends', async (t) => {
  const head = 'POST /room HTTP/1.1\r\nHost: a\r\nContent-Type: text/other\r\nTransfer-Encoding: chunked\r\n\r\n';
  await untilClosed(t, head, `10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(300));
  t.equal((await api.ask('GET', '/room')).status, 200);
});

t.test('a body in ordinary pieces is read', async (t) => {
  const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
  const body = JSON.stringify({ roomId: 'pieces', padding: 'x'.repeat(1_000_000) });
  t.equal((await api.ask('POST', '/room', { headers, body })).status, 201);
});

t.test('a message in many fragments', async (t) => {
  const open = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${api.port}/socket/peer/websocket`);
    t.teardown(() => socket.terminate());
    await once(socket, 'open');
    return socket;
  };
  const send = (socket: WebSocket, fragments: number) => {
    for (let left = fragments - 1; left >= 0; left -= 1) socket.send('x', { fin: left === 0 });
  };
  const usual = await open();
  send(usual, maxFragments);
  t.equal(String((await once(usual, 'message'))[0]), String(maxFragments));
  const hostile = await open();
  send(hostile, maxFragments + 1);
  t.equal((await once(hostile, 'close'))[0], 1008);
});
