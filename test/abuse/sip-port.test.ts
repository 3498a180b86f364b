// What anybody may do to the open SIP port.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { MessageStream } from '../../src/component/sip/message/message-stream.ts';
import type { SipMessage } from '../../src/component/sip/message/sip-message.ts';
import { writeMessage } from '../../src/component/sip/message/write-message.ts';
import { SipSockets } from '../../src/component/sip/transport/sip-sockets.ts';
import { StrangerLimit } from '../../src/component/sip/transport/stranger-limit.ts';
import { UdpSocket } from '../../src/component/sip/transport/udp-socket.ts';
import { UserAgent } from '../../src/component/sip/user-agent.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { optionsRequest } from '../component/sip/message/samples.ts';
import { testRequest } from '../component/sip/scripted-peer.ts';
import { mutatedBytes, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

/** An open port with an account that takes calls, and one dialog. */
async function openPort(t: Test) {
  const clock = new HeldClock();
  const common = { listenIp: '127.0.0.1', port: 0, advertisedIp: '127.0.0.1', guard: new AddressGuard() };
  const sockets = await SipSockets.open({ ...common, clock, verifyTls: true });
  t.teardown(() => sockets.close());
  const limit = new StrangerLimit(clock);
  const userAgent = new UserAgent({ transport: sockets, clock, answersStranger: () => limit.admits() });
  t.teardown(() => userAgent.close());
  const taken = { calls: 0, requests: 0 };
  userAgent.addAcceptor({
    accepts: () => true,
    receive: (transaction) => {
      taken.calls += 1;
      transaction.respond(486);
    },
  });
  userAgent.addDialog({ callId: 'call', localTag: 'ours' }, (transaction) => {
    taken.requests += 1;
    transaction.respond(200);
  });
  return { clock, sockets, taken, limit };
}

const vias = ['SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK1', 'SIP/2.0/TCP a.example;rport;branch=z9hG4bK2'];
const requests = ['INVITE', 'OPTIONS', 'BYE', 'CANCEL', 'ACK', 'INFO', 'REGISTER', 'UPDATE'].flatMap((method) =>
  vias.flatMap((via) =>
    ['', ';tag=ours'].map((tag) => {
      const request = testRequest(method, { body: 'v=0\r\n' });
      request.headers.prepend('via', via);
      request.headers.set('to', `<sip:b@example.org>${tag}`);
      return request;
    }),
  ),
);
const responses = [100, 180, 200, 302, 401, 487, 503].map((status): SipMessage => {
  const { headers } = optionsRequest(vias[0] ?? '');
  return { type: 'response', status, reason: 'x', headers, body: Buffer.alloc(0) };
});
const samples = [...requests, ...responses].map(writeMessage);

async function dial({ port }: SipSockets): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** The next response on a connection. */
function responseOn(socket: Socket): Promise<SipMessage> {
  return new Promise((resolve) => {
    const stream = new MessageStream({ message: resolve, malformed: () => undefined, emptyLines: () => undefined });
    socket.on('data', (chunk: Buffer) => stream.push(chunk));
  });
}

t.test('the port serves on, whatever strangers send, and forgets them', async (t) => {
  const { clock, sockets, taken } = await openPort(t);
  const stranger = await UdpSocket.open('127.0.0.1', 0);
  t.teardown(() => stranger.close());
  let socket = await dial(sockets);
  await fuzz(t, 1500, async (random) => {
    const sample = pick(random, samples);
    const bytes = (random() < 0.7 ? mutatedBytes(random, sample) : sample).subarray(0, 60_000);
    if (random() < 0.6) await stranger.send(bytes, '127.0.0.1', sockets.port);
    else socket.write(bytes);
    if (random() < 0.1) clock.advance(pick(random, [100, 1000, 5000]));
    if (!socket.closed && random() > 0.02) return;
    socket.destroy();
    socket = await dial(sockets);
  });
  socket.destroy();
  // strangers have their answers again
  clock.advance(60_000);
  const friend = await dial(sockets);
  t.teardown(() => friend.destroy());
  const answered = responseOn(friend);
  friend.write(writeMessage(optionsRequest('SIP/2.0/TCP a.example;branch=z9hG4bK9')));
  t.match(await answered, { type: 'response', status: 200 });
  t.ok(taken.calls > 0 && taken.requests > 0, JSON.stringify(taken));
  t.ok(sockets.malformed > 50, `${sockets.malformed} were no messages`);
  friend.destroy();
  while (sockets.connections > 0) await once(sockets.observer, 'disconnected');
  clock.advance(60_000);
  t.equal(clock.pending, 1, 'only the check of connections is left');
});

t.test('a flood is answered up to the limit', async (t) => {
  const { sockets, limit } = await openPort(t);
  const socket = await dial(sockets);
  t.teardown(() => socket.destroy());
  let responses = 0;
  const ponged = new Promise<void>((resolve) => {
    const stream = new MessageStream({
      message: () => {
        responses += 1;
      },
      malformed: () => undefined,
      emptyLines: () => resolve(),
    });
    socket.on('data', (chunk: Buffer) => stream.push(chunk));
  });
  const request = writeMessage(optionsRequest('SIP/2.0/TCP a.example;branch=z9hG4bK1'));
  socket.write(Buffer.concat([...Array<Buffer>(2000).fill(request), Buffer.from('\r\n\r\n')]));
  await ponged;
  t.equal(responses, 40);
  t.equal(limit.dropped, 1960);
});
