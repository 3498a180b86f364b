import { once } from 'node:events';
import t from 'tap';
import { branchOf } from '../../../../src/component/sip/message/header-values.ts';
import type { SipError } from '../../../../src/component/sip/sip-error.ts';
import type { InviteTransaction, ReceivedResponse } from '../../../../src/component/sip/transaction/transaction.ts';
import { type PeerRequest, ScriptedPeer, testRequest } from '../scripted-peer.ts';
import { openTransactions } from './open-transactions.ts';

const invite = () => testRequest('INVITE', { body: 'v=0' });

const event = async (transaction: InviteTransaction, name: 'provisional' | 'accepted' | 'rejected') =>
  ((await once(transaction.observer, name)) as [ReceivedResponse])[0].response;
const failure = async (transaction: InviteTransaction) =>
  ((await once(transaction.observer, 'failed')) as [SipError])[0];

const branch = ({ request }: PeerRequest) => branchOf(request.headers);

t.test('over UDP it is repeated after 0.5, 1, 2 … 16 s, until a provisional response', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  const first = await peer.next('INVITE');
  for (const interval of [500, 1000, 2000, 4000, 8000]) {
    clock.advance(interval);
    t.equal(branch(await peer.next('INVITE')), branch(first));
  }
  const ringing = event(transaction, 'provisional');
  peer.respond(first, 180);
  t.equal((await ringing).status, 180);
  t.equal(clock.pending, 0, 'it may ring for ever');
});

t.test('without any response it fails after 32 s', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const failed = failure(transactions.invite(invite(), [peer.hop()]));
  clock.advance(32_000);
  t.match(await failed, { code: 'timeout' });
});

t.test('a refusal is emitted once and acknowledged each time, with the branch of the INVITE', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  let count = 0;
  transaction.observer.on('rejected', () => {
    count += 1;
  });
  const given = await peer.next('INVITE');
  for (let repetition = 0; repetition < 3; repetition += 1) {
    peer.respond(given, 486);
    const ack = await peer.next('ACK');
    t.equal(branch(ack), branch(given));
    t.match(ack.request.headers.get('to'), /tag=peer$/);
    t.match(ack.request.headers.get('cseq'), '1 ACK');
  }
  t.equal(count, 1);
  clock.advance(32_000);
  t.equal(clock.pending, 0, 'it is forgotten after 32 s');
});

t.test('each 2xx is emitted for 32 s, repeated ones and those of forks, and not acknowledged here', async (t) => {
  const { transactions, clock, sockets } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  const given = await peer.next('INVITE');
  for (const toTag of ['one', 'one', 'two']) {
    const accepted = event(transaction, 'accepted');
    peer.respond(given, 200, { toTag });
    t.match((await accepted).headers.get('to'), new RegExp(`tag=${toTag}$`));
  }
  clock.advance(32_000);
  let late = 0;
  transaction.observer.on('accepted', () => {
    late += 1;
  });
  const arrived = once(sockets.observer, 'message');
  peer.respond(given, 200);
  await arrived;
  t.equal(late, 0);
  t.equal(peer.requests.length, 1, 'no ACK');
});

t.test('a CANCEL waits for a provisional response, and has branch and number of the INVITE', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  const given = await peer.next('INVITE');
  transaction.cancel();
  transaction.cancel();
  peer.respond(given, 100);
  const cancel = await peer.next('CANCEL');
  t.equal(branch(cancel), branch(given));
  t.equal(cancel.request.headers.all('via').length, 1);
  t.match(cancel.request.headers.get('cseq'), '1 CANCEL');
  clock.advance(500);
  await peer.next('CANCEL');
  peer.respond(cancel, 200);
  const rejected = event(transaction, 'rejected');
  peer.respond(given, 487);
  await peer.next('ACK');
  t.equal((await rejected).status, 487);
});

t.test('a CANCEL without a final response fails after 32 s', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  const ringing = event(transaction, 'provisional');
  peer.respond(await peer.next('INVITE'), 180);
  await ringing;
  const failed = failure(transaction);
  transaction.cancel();
  await peer.next('CANCEL');
  clock.advance(32_000);
  t.match(await failed, { code: 'timeout' });
  t.equal(clock.pending, 0);
});

t.test('a 2xx that crosses the CANCEL is emitted', async (t) => {
  const { transactions } = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transaction = transactions.invite(invite(), [peer.hop()]);
  const ringing = event(transaction, 'provisional');
  const given = await peer.next('INVITE');
  peer.respond(given, 180);
  await ringing;
  const accepted = event(transaction, 'accepted');
  transaction.cancel();
  peer.respond(given, 200);
  t.equal((await accepted).status, 200);
});

t.test('a dead hop is left after 5 s; when it rings later it is cancelled, and its 2xx is emitted', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const [dead, good] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  const transaction = transactions.invite(invite(), [dead.hop(), good.hop()]);
  const first = await dead.next('INVITE');
  clock.advance(5000);
  const second = await good.next('INVITE');
  t.not(branch(first), branch(second));
  let rings = 0;
  transaction.observer.on('provisional', () => {
    rings += 1;
  });
  dead.respond(first, 180);
  while ((await dead.next()).request.method !== 'CANCEL');
  t.equal(rings, 0);
  const both = new Promise<string[]>((resolve) => {
    const tags: string[] = [];
    transaction.observer.on('accepted', ({ response }) => {
      tags.push(/tag=(\w+)/.exec(response.headers.get('to') ?? '')?.[1] ?? '');
      if (tags.length === 2) resolve(tags);
    });
  });
  good.respond(second, 200, { toTag: 'good' });
  dead.respond(first, 200, { toTag: 'late' });
  t.strictSame((await both).sort(), ['good', 'late']);
});

t.test('a hop that responds 503 is left, and acknowledged', async (t) => {
  const { transactions } = await openTransactions(t);
  const [busy, good] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  busy.onRequest((given) => given.request.method === 'INVITE' && busy.respond(given, 503));
  const transaction = transactions.invite(invite(), [busy.hop(), good.hop()]);
  const given = await good.next('INVITE');
  await busy.next('INVITE');
  await busy.next('ACK');
  const rejected = event(transaction, 'rejected');
  good.respond(given, 603);
  t.equal((await rejected).status, 603);
});

t.test('once cancelled, no other hop is tried', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  const [dead, other] = [await ScriptedPeer.open(t), await ScriptedPeer.open(t)];
  const transaction = transactions.invite(invite(), [dead.hop(), other.hop()]);
  await dead.next('INVITE');
  const failed = failure(transaction);
  transaction.cancel();
  clock.advance(5000);
  t.match(await failed, { code: 'timeout' });
  t.equal(other.requests.length, 0);
});

t.test('it fails as closed when all transactions end, and as unresolved without a hop', async (t) => {
  const { transactions, clock } = await openTransactions(t);
  t.match(await failure(transactions.invite(invite(), [])), { code: 'unresolved' });
  const peer = await ScriptedPeer.open(t);
  const failed = failure(transactions.invite(invite(), [peer.hop(), peer.hop()]));
  await peer.next('INVITE');
  transactions.close();
  t.match(await failed, { code: 'closed' });
  t.equal(clock.pending, 0);
});
