import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { SipRequest } from '../../../../src/component/sip/message/sip-message.ts';
import { ServerTransactions } from '../../../../src/component/sip/transaction/server-transactions.ts';
import type { ServerTransaction } from '../../../../src/component/sip/transaction/transaction.ts';
import type { Hop } from '../../../../src/component/sip/transport/hop.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { openTestSockets, ScriptedPeer, testRequest } from '../scripted-peer.ts';

/** Serves each new request. */
async function openServer(t: Test, protocol: Hop['protocol'] = 'udp') {
  const clock = new HeldClock();
  const sockets = await openTestSockets(t);
  const peer = await ScriptedPeer.open(t);
  let token = 0;
  const nextToken = () => {
    token += 1;
    return `tag${token}`;
  };
  const server = new ServerTransactions({ transport: sockets, clock, token: nextToken });
  t.teardown(() => server.close());
  const us = { protocol, address: '127.0.0.1', port: sockets.port } as const;
  /** Sends a request. @returns what becomes of it: a new transaction, or whether it belonged to one */
  const deliver = async (request: SipRequest, branch?: string): Promise<ServerTransaction | boolean | undefined> => {
    const arrived = once(sockets.observer, 'message') as Promise<[SipRequest, Hop]>;
    peer.send(request, us, branch);
    const [received, from] = await arrived;
    if (server.receive(received, from)) return true;
    return received.method === 'ACK' || received.method === 'CANCEL' ? false : server.serve(received, from);
  };
  const serve = async (request: SipRequest, branch?: string) => (await deliver(request, branch)) as ServerTransaction;
  return { clock, peer, server, deliver, serve };
}

const tagged = (method: string, tag = 'mine') => {
  const request = testRequest(method);
  request.headers.set('to', `<sip:b@example.org>;tag=${tag}`);
  return request;
};

t.test('a repeated request gets the same response for 32 s, and counts once', async (t) => {
  const { clock, peer, deliver, serve } = await openServer(t);
  const transaction = await serve(testRequest('BYE'), 'z9hG4bKa');
  t.equal(await deliver(testRequest('BYE'), 'z9hG4bKa'), true, 'before there is a response, too');
  transaction.respond(200, { headers: [['x-note', 'one']] });
  transaction.respond(500);
  const first = await peer.nextResponse();
  t.match(first.headers.get('to'), /;tag=tag1$/);
  t.equal(await deliver(testRequest('BYE'), 'z9hG4bKa'), true);
  t.strictSame([...(await peer.nextResponse()).headers], [...first.headers]);
  t.not(await deliver(testRequest('BYE'), 'z9hG4bKb'), true, 'another branch is another request');
  clock.advance(32_000);
  t.equal(clock.pending, 0);
  t.not(await deliver(testRequest('BYE'), 'z9hG4bKa'), true);
});

t.test('over a connection it is over with its response', async (t) => {
  const { clock, peer, serve } = await openServer(t, 'tcp');
  const transaction = await serve(testRequest('BYE'));
  transaction.respond(200);
  t.equal((await peer.nextResponse()).status, 200);
  t.equal(clock.pending, 0);
});

t.test('an INVITE that is not answered within 200 ms gets a 100', async (t) => {
  const { clock, peer, serve, deliver } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'), 'z9hG4bKa');
  clock.advance(200);
  const trying = await peer.nextResponse();
  t.equal(trying.status, 100);
  t.notMatch(trying.headers.get('to'), /tag/);
  t.equal(await deliver(testRequest('INVITE'), 'z9hG4bKa'), true);
  t.equal((await peer.nextResponse()).status, 100);
  transaction.respond(180);
  t.equal((await peer.nextResponse()).status, 180);
  t.equal(clock.pending, 0, 'it may ring for ever');
});

t.test('a 2xx is repeated until its ACK, which has another branch', async (t) => {
  const { clock, peer, serve, deliver } = await openServer(t);
  const transaction = await serve(testRequest('INVITE', { body: 'offer' }));
  transaction.respond(180, { toTag: 'mine' });
  transaction.respond(200, { body: 'answer', headers: [['content-type', 'application/sdp']] });
  t.equal((await peer.nextResponse()).status, 180);
  const first = await peer.nextResponse();
  t.match(first.headers.get('to'), /;tag=mine$/, 'the tag of the 180');
  t.equal(first.body.toString(), 'answer');
  for (const interval of [500, 1000, 2000, 4000, 4000]) {
    clock.advance(interval);
    t.equal((await peer.nextResponse()).status, 200);
  }
  const acknowledged = once(transaction.observer, 'acknowledged') as Promise<[Buffer]>;
  t.equal(await deliver(tagged('ACK', 'other')), false);
  const ack: SipRequest = { ...tagged('ACK'), body: Buffer.from('late answer') };
  t.equal(await deliver(ack), true);
  t.equal((await acknowledged)[0].toString(), 'late answer');
  clock.advance(31_999);
  t.equal(await deliver(tagged('ACK')), true, 'a repeated ACK is absorbed');
  clock.advance(1);
  t.equal(clock.pending, 0);
});

t.test('over a connection, too; without an ACK it fails after 32 s', async (t) => {
  const { clock, peer, serve } = await openServer(t, 'tcp');
  const transaction = await serve(testRequest('INVITE'));
  transaction.respond(200);
  await peer.nextResponse();
  clock.advance(500);
  await peer.nextResponse();
  let code = '';
  transaction.observer.on('failed', (error) => {
    code = error.code;
  });
  clock.advance(31_500);
  t.equal(code, 'timeout');
  t.equal(clock.pending, 0);
});

t.test('a refusal is repeated over UDP until its ACK, which has the branch of the INVITE', async (t) => {
  const { clock, peer, serve, deliver } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'), 'z9hG4bKa');
  let count = 0;
  transaction.observer.on('acknowledged', () => {
    count += 1;
  });
  transaction.respond(486);
  await peer.nextResponse();
  clock.advance(500);
  await peer.nextResponse();
  t.equal(await deliver(tagged('ACK', 'tag1'), 'z9hG4bKa'), true);
  t.equal(await deliver(testRequest('INVITE'), 'z9hG4bKa'), true, 'a late repetition is absorbed');
  clock.advance(5000);
  t.equal(clock.pending, 0);
  t.equal(peer.responses.length, 2);
  t.equal(count, 0);
});

t.test('a refusal without an ACK is given up after 32 s', async (t) => {
  const { clock, serve } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'));
  let failures = 0;
  transaction.observer.on('failed', () => {
    failures += 1;
  });
  transaction.respond(486);
  clock.advance(32_000);
  t.equal(clock.pending, 0);
  t.equal(failures, 0);
});

t.test('a CANCEL gets a 200 and ends the INVITE with a 487', async (t) => {
  const { peer, serve, deliver } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'), 'z9hG4bKa');
  transaction.respond(180, { toTag: 'mine' });
  t.equal((await peer.nextResponse()).status, 180);
  const cancelled = once(transaction.observer, 'cancelled');
  t.equal(await deliver(testRequest('CANCEL'), 'z9hG4bKa'), true);
  await cancelled;
  const responses = [await peer.nextResponse(), await peer.nextResponse()];
  t.strictSame(responses.map(({ status, headers }) => `${status} ${headers.get('cseq')}`).sort(), [
    '200 1 CANCEL',
    '487 1 INVITE',
  ]);
  for (const { headers } of responses) t.match(headers.get('to'), /;tag=mine$/);
});

t.test('a CANCEL that comes after the answer changes nothing, and one without an INVITE is none of ours', async (t) => {
  const { peer, serve, deliver } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'), 'z9hG4bKa');
  transaction.respond(200);
  await peer.nextResponse();
  let count = 0;
  transaction.observer.on('cancelled', () => {
    count += 1;
  });
  t.equal(await deliver(testRequest('CANCEL'), 'z9hG4bKa'), true);
  t.match(await peer.nextResponse(), { status: 200 });
  t.equal(count, 0);
  t.equal(await deliver(testRequest('CANCEL'), 'z9hG4bKother'), false);
  t.equal(await deliver(testRequest('ACK', { callId: 'other' })), false);
});

t.test('requests of clients without unique branches are told apart by their other headers', async (t) => {
  const { deliver } = await openServer(t);
  await deliver(testRequest('BYE', { callId: 'one' }), '1');
  t.equal(await deliver(testRequest('BYE', { callId: 'one' }), '1'), true);
  t.not(await deliver(testRequest('BYE', { callId: 'two' }), '1'), true);
});

t.test('a copy of an INVITE that came on another way is recognised', async (t) => {
  const { server, serve } = await openServer(t);
  await serve(testRequest('INVITE'), 'z9hG4bKa');
  t.equal(server.isMerged(testRequest('INVITE')), true);
  t.equal(server.isMerged(testRequest('INVITE', { sequence: 2 })), false);
  t.equal(server.isMerged(testRequest('INVITE', { callId: 'other' })), false);
  t.equal(server.isMerged({ ...testRequest('INVITE'), uri: 'sip:other@example.org' }), false);
});

t.test('a CANCEL from another address than its INVITE is none of ours', async (t) => {
  const { peer, server, serve } = await openServer(t);
  const transaction = await serve(testRequest('INVITE'), 'z9hG4bKa');
  let count = 0;
  transaction.observer.on('cancelled', () => {
    count += 1;
  });
  const cancel = testRequest('CANCEL');
  cancel.headers.prepend('via', `SIP/2.0/UDP 127.0.0.1:${peer.sockets.port};branch=z9hG4bKa`);
  t.equal(server.receive(cancel, { ...transaction.from, address: '192.0.2.1' }), false);
  t.equal(count, 0);
  t.equal(server.receive(cancel, { ...transaction.from, port: 9 }), true);
  t.equal(count, 1);
});

t.test('one telephone that asks without end does not keep others from being served', async (t) => {
  const { server } = await openServer(t);
  const from = { protocol: 'udp', address: '127.0.0.1', port: 9 } as const;
  const serveAs = (method: string, index: number) => {
    const given = testRequest(method, { callId: `${method} ${index}` });
    given.headers.prepend('via', `SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${index}`);
    return server.serve(given, from);
  };
  const ringing = serveAs('INVITE', 0);
  ringing?.respond(180);
  for (let index = 1; index < 2000; index += 1) serveAs('INFO', index)?.respond(200);
  for (let index = 1; index < 2000; index += 1) serveAs('INVITE', index)?.respond(486);
  t.ok(serveAs('BYE', 1));
  t.equal(server.isMerged(ringing?.request as SipRequest), true, 'what is not answered is kept');
});

t.test('the number of transactions is limited, and closing ends them all', async (t) => {
  const { clock, server } = await openServer(t);
  const from = { protocol: 'udp', address: '127.0.0.1', port: 9 } as const;
  const request = (index: number) => {
    const given = testRequest('BYE', { callId: `${index}` });
    given.headers.prepend('via', `SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${index}`);
    return given;
  };
  let count = 0;
  while (count < 10_000 && server.serve(request(count), from)) count += 1;
  t.equal(count, 2000);
  server.close();
  server.close();
  t.equal(clock.pending, 0);
  t.ok(server.serve(request(0), from));
});
