// The formulas of docs/contracts/fishjam-sockets.md 8.
import { EventEmitter, once } from 'node:events';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { WebSocket } from 'ws';
import { RunningApi } from './running-api.ts';

const traffic = new EventEmitter();
let received = 0;
let sent = 0;
const api = await RunningApi.start({
  traffic: {
    received: (bytes) => {
      received += bytes;
    },
    sent: (bytes) => {
      sent += bytes;
      traffic.emit('counted');
    },
  },
});
t.teardown(() => api.close());

/** @returns what one exchange added to the counters, and what the client saw of it */
async function exchange(method: string, path: string, body?: string) {
  [received, sent] = [0, 0];
  const headers = { authorization: 'Bearer development', ...(body && { 'content-type': 'application/json' }) };
  const agent = new Agent({ keepAlive: false });
  const asked = request({ host: '127.0.0.1', port: api.port, method, path, headers, agent });
  // The server counts a response when it is sent, which may be before or after the client has it.
  const counted = once(traffic, 'counted');
  asked.end(body);
  const [response] = await once(asked, 'response');
  const content = await buffer(response);
  await counted;
  const own = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);
  let headerBytes = 0;
  for (const [name, value] of Object.entries<string>(response.headers)) {
    if (!own.has(name)) headerBytes += name.length + value.length + 4;
  }
  const askedHeaders = Object.entries(asked.getHeaders()).map(
    ([name, value]) => name.length + String(value).length + 4,
  );
  const raw = asked.getRawHeaderNames().length;
  t.equal(raw, askedHeaders.length);
  // Added by the client when it sends: `Connection: close`, and the length of a body.
  const added = 'Connectionclose'.length + 4 + (body ? `Content-Length${body.length}`.length + 4 : 0);
  const expectedIn = askedHeaders.reduce((sum, bytes) => sum + bytes, 0) + added;
  return { received, sent, expectedIn, expectedOut: content.length + headerBytes + 79 };
}

t.test('requests and responses are counted in bytes', async (t) => {
  const get = await exchange('GET', '/room?a=bc');
  t.equal(get.received, 3 + '/room'.length + 'a=bc'.length + 14 + get.expectedIn);
  t.equal(get.sent, get.expectedOut);
  const post = await exchange('POST', '/room', '{"roomId":"r"}');
  t.equal(post.received, 4 + '/room'.length + 14 + post.expectedIn, 'bodies of requests are not counted');
  t.equal(post.sent, post.expectedOut);
  const head = await exchange('HEAD', '/room');
  t.equal(head.sent, head.expectedOut, 'a body that is not sent is not counted');
});

t.test('a request that is routed twice is counted once', async (t) => {
  const overridden = await exchange('POST', '/room/r', '{"_method":"DELETE"}');
  t.equal(overridden.received, 4 + '/room/r'.length + 14 + overridden.expectedIn);
  t.equal(overridden.sent, overridden.expectedOut);
});

t.test('sockets are not counted', async (t) => {
  [received, sent] = [0, 0];
  const socket = new WebSocket(`ws://127.0.0.1:${api.port}/socket/peer/websocket`);
  await once(socket, 'close');
  t.same([received, sent], [0, 0]);
});
