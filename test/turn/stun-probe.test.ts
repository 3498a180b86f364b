import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { stunResponds } from '../../src/turn/stun-probe.ts';
import { HeldClock } from '../clock/held-clock.ts';

type Answer = (request: Buffer) => Buffer;

const success: Answer = (request) => {
  const answer = Buffer.from(request);
  answer.writeUInt16BE(0x0101, 0);
  return answer;
};
const answers: [string, Answer, boolean][] = [
  ['a success', success, true],
  ['an error', (request) => Buffer.concat([Buffer.from([1, 0x11]), request.subarray(2)]), false],
  ['another transaction', (request) => success(request).fill(0, 8), false],
  ['too few bytes', (request) => success(request).subarray(0, 19), false],
  ['its own request', (request) => request, false],
];

for (const [name, answer, expected] of answers) {
  t.test(`over UDP: ${name}`, async (t) => {
    const server = createSocket('udp4');
    t.teardown(() => server.close());
    server.on('message', (request, { address, port }) => server.send(answer(request), port, address));
    const listening = once(server, 'listening');
    server.bind(0, '127.0.0.1');
    await listening;
    const { port } = server.address();
    t.equal(await stunResponds({ transport: 'udp', ip: '127.0.0.1', port }, 5000, systemClock), expected);
  });

  t.test(`over TCP: ${name}`, async (t) => {
    const server = createServer((socket) => socket.on('data', (request) => socket.end(answer(request))));
    t.teardown(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    t.equal(await stunResponds({ transport: 'tcp', ip: '127.0.0.1', port }, 5000, systemClock), expected);
  });
}

t.test('a server that does not respond is waited for until the timeout', async (t) => {
  const server = createSocket('udp4');
  t.teardown(() => server.close());
  const listening = once(server, 'listening');
  server.bind(0, '127.0.0.1');
  await listening;
  const clock = new HeldClock();
  const asked = once(server, 'message');
  const result = stunResponds({ transport: 'udp', ip: '127.0.0.1', port: server.address().port }, 250, clock);
  await asked;
  clock.advance(250);
  t.equal(await result, false);
});

t.test('a port that nobody listens on does not respond', async (t) => {
  for (const transport of ['udp', 'tcp'] as const) {
    t.equal(await stunResponds({ transport, ip: '127.0.0.1', port: 9 }, 5000, systemClock), false, transport);
  }
});
