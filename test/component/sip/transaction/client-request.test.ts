import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { branchOf } from '../../../../src/component/sip/message/header-values.ts';
import { SipError } from '../../../../src/component/sip/sip-error.ts';
import { ScriptedPeer, testRequest } from '../scripted-peer.ts';
import { openTcpRelay } from '../tcp-relay.ts';
import { openTransactions } from './open-transactions.ts';

t.test('a request gets a Via of its own, and its final response resolves it', async (t) => {
  const { transactions, clock, sockets } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const asked = transactions.ask(testRequest('OPTIONS'), [peer.hop()], { contact: ({ port }) => `<sip:me@x:${port}>` });
  const given = await peer.next('OPTIONS');
  t.match(given.request.headers.get('via'), `SIP/2.0/UDP 127.0.0.1:${sockets.port};branch=z9hG4bK`);
  t.equal(given.request.headers.get('contact'), `<sip:me@x:${peer.sockets.port}>`, 'Contact knows the hop');
  peer.respond(given, 404);
  const { response, hop } = await asked;
  t.equal(response.status, 404);
  t.strictSame(hop, peer.hop());
  t.equal(clock.pending, 0, 'no timer is left');
});

t.test('over UDP it is repeated after 0.5, 1, 2, 4 and 4 s, and fails after 32 s', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const asked = transactions.ask(testRequest('OPTIONS'), [peer.hop()]);
  const failed = t.rejects(asked, { name: 'SipError', code: 'timeout' });
  const branches = new Set([branchOf((await peer.next()).request.headers)]);
  let time = 0;
  for (const interval of [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000]) {
    clock.advance(interval);
    branches.add(branchOf((await peer.next('OPTIONS')).request.headers));
    time += interval;
  }
  t.equal(branches.size, 1, 'with the same branch');
  clock.advance(32_000 - time);
  await failed;
  t.equal(clock.pending, 0);
});

t.test('after a provisional response it is repeated every 4 s', async (t) => {
  const { transactions, clock, sockets } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const asked = transactions.ask(testRequest('OPTIONS'), [peer.hop()]);
  const given = await peer.next();
  const arrived = new Promise((resolve) => sockets.observer.once('message', resolve));
  peer.respond(given, 100);
  await arrived;
  clock.advance(500);
  await peer.next();
  clock.advance(4000);
  peer.respond(await peer.next(), 200);
  t.equal((await asked).response.status, 200);
});

t.test('a dead hop and one that responds 503 are left for the next one, each time with another branch', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const [dead, busy, good] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  const nowhere = { protocol: 'tls', address: '127.0.0.1', port: 1 } as const;
  const asked = transactions.ask(testRequest('OPTIONS'), [nowhere, dead.hop(), busy.hop(), good.hop()]);
  const first = await dead.next();
  clock.advance(5000);
  const second = await busy.next();
  busy.respond(second, 503);
  const third = await good.next();
  const branches = [first, second, third].map(({ request }) => branchOf(request.headers));
  t.equal(new Set(branches).size, 3);
  good.respond(third, 200);
  t.strictSame((await asked).hop, good.hop());
});

t.test('the 503 of the last hop is the response', async (t) => {
  const { transactions } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  peer.onRequest((given) => peer.respond(given, 503));
  t.equal((await transactions.ask(testRequest('OPTIONS'), [peer.hop()])).response.status, 503);
});

t.test('responses with another branch, another method or a second Via are ignored', async (t) => {
  const { transactions } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const asked = transactions.ask(testRequest('OPTIONS'), [peer.hop()]);
  const given = await peer.next();
  const { headers } = given.request;
  const via = headers.get('via') ?? '';
  headers.set('via', via.replace(/branch=\w+/, 'branch=z9hG4bKother'));
  peer.respond(given, 200);
  headers.set('via', via);
  headers.set('cseq', '1 INVITE');
  peer.respond(given, 201);
  headers.set('cseq', '1 OPTIONS');
  headers.append('via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKbelow');
  peer.respond(given, 202);
  headers.set('via', via);
  peer.respond(given, 204);
  t.equal((await asked).response.status, 204);
});

t.test('an aborted signal and the end of all transactions reject it as closed, without a timer left', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const stop = new AbortController();
  const closed = { name: 'SipError', code: 'closed' };
  const aborted = t.rejects(transactions.ask(testRequest('OPTIONS'), [peer.hop()], { signal: stop.signal }), closed);
  stop.abort();
  await aborted;
  await t.rejects(transactions.ask(testRequest('OPTIONS'), [peer.hop()], { signal: stop.signal }), closed);
  const ended = t.rejects(transactions.ask(testRequest('OPTIONS'), [peer.hop(), peer.hop()]), closed);
  transactions.close();
  transactions.close();
  await ended;
  await t.rejects(transactions.ask(testRequest('OPTIONS'), [peer.hop()]), closed);
  t.equal(clock.pending, 0);
});

t.test('without a hop it is unresolved', async (t) => {
  const { transactions } = await openTransactions(t);
  await t.rejects(transactions.ask(testRequest('OPTIONS'), []), { code: 'unresolved' });
});

t.test(
  'over a connection nothing is repeated; when it is lost, the request is sent once more over another one',
  async (t) => {
    const { transactions, clock } = await openTransactions(t);
    const peer = await ScriptedPeer.open(t);
    const relay = await openTcpRelay(t, peer.sockets.port);
    const asked = transactions.ask(testRequest('OPTIONS'), [relay.hop]);
    const first = await peer.next();
    clock.advance(31_000);
    t.equal(peer.requests.length, 1);
    relay.breakAll();
    const second = await peer.next();
    t.equal(branchOf(second.request.headers), branchOf(first.request.headers));
    peer.respond(second, 200);
    t.equal((await asked).response.status, 200);
  },
);

t.test('a hop that cannot be reached any more is left for the next one', async (t) => {
  const { transactions } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const relay = await openTcpRelay(t, peer.sockets.port);
  const asked = transactions.ask(testRequest('OPTIONS'), [relay.hop, peer.hop()]);
  await peer.next();
  relay.close();
  relay.breakAll();
  const second = await peer.next();
  t.match(second.request.headers.get('via'), 'SIP/2.0/UDP');
  peer.respond(second, 200);
  t.strictSame((await asked).hop, peer.hop());
});

t.test('a hop that takes connections and closes them is left for the next one', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const hop = { protocol: 'tcp', address: '127.0.0.1', port: (server.address() as AddressInfo).port } as const;
  const asked = transactions.ask(testRequest('OPTIONS'), [hop, peer.hop()]);
  peer.respond(await peer.next('OPTIONS'), 200);
  t.equal((await asked).response.status, 200);
  await t.rejects(transactions.ask(testRequest('OPTIONS'), [hop]), { code: 'unreachable' });
  t.equal(clock.pending, 0);
});

t.test('an error that comes after the time for a hop is over changes nothing', async (t) => {
  const { transactions, clock } = await openTransactions(t, (transport) => ({
    observer: transport.observer,
    sentBy: (protocol) => transport.sentBy(protocol),
    send: async (message, to) => {
      if (to.protocol === 'udp') return await transport.send(message, to);
      await late;
      throw new SipError('unreachable');
    },
  }));
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const [second, third] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  const transaction = transactions.invite(testRequest('INVITE'), [second.hop('tcp'), second.hop(), third.hop()]);
  clock.advance(5000);
  const given = await second.next('INVITE');
  resolve();
  await late;
  const accepted = once(transaction.observer, 'accepted');
  second.respond(given, 200);
  await accepted;
  t.equal(third.requests.length, 0);
});
