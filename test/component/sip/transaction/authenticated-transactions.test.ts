import { once } from 'node:events';
import t, { type Test } from 'tap';
import { branchOf, sequenceOf } from '../../../../src/component/sip/message/header-values.ts';
import type { SipRequest } from '../../../../src/component/sip/message/sip-message.ts';
import { AuthenticatedTransactions } from '../../../../src/component/sip/transaction/authenticated-transactions.ts';
import type { InviteTransaction, ReceivedResponse } from '../../../../src/component/sip/transaction/transaction.ts';
import { Secret } from '../../../../src/config/secret.ts';
import { type PeerRequest, ScriptedPeer, testRequest } from '../scripted-peer.ts';
import { digestFields, provesPassword } from '../scripted-registrar.ts';
import { openTransactions } from './open-transactions.ts';

const credentials = { username: '1001', password: new Secret('secret') };

async function openAuthenticated(t: Test, trusts = () => true) {
  const opened = await openTransactions(t);
  const peer = await ScriptedPeer.open(t);
  const transactions = new AuthenticatedTransactions(opened.transactions, { credentials, trusts });
  return { ...opened, peer, transactions };
}

const digest = (realm: string, nonce: string, more = '') =>
  `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`;
const sequence = ({ request }: PeerRequest) => sequenceOf(request.headers)?.number;
const proofs = ({ headers }: SipRequest, name: string) => headers.all(name).map((value) => digestFields(value));
const rejection = async (transaction: InviteTransaction) =>
  ((await once(transaction.observer, 'rejected')) as [ReceivedResponse])[0].response;

t.test('server and proxies are answered at once, each in its realm, and again with the next request', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  const asked = transactions.ask(testRequest('REGISTER'), [peer.hop()]);
  const headers = [
    ['www-authenticate', digest('server', 's1')],
    ['proxy-authenticate', digest('proxy', 'p1')],
    ['proxy-authenticate', digest('edge', 'e1')],
  ] as const;
  const first = await peer.next();
  t.notOk(first.request.headers.get('authorization'));
  peer.respond(first, 407, { headers });
  const second = await peer.next();
  t.equal(sequence(second), 2);
  t.equal(second.request.headers.get('call-id'), first.request.headers.get('call-id'));
  t.strictSame(
    proofs(second.request, 'authorization').map((each) => each.get('realm')),
    ['server'],
  );
  t.strictSame(
    proofs(second.request, 'proxy-authorization').map((each) => each.get('realm')),
    ['proxy', 'edge'],
  );
  for (const name of ['authorization', 'proxy-authorization']) {
    for (const value of second.request.headers.all(name)) t.ok(provesPassword(value, 'REGISTER', 'secret'));
  }
  peer.respond(second, 200);
  t.equal((await asked).response.status, 200);

  const next = transactions.ask(testRequest('REGISTER', { sequence: 3 }), [peer.hop()]);
  const third = await peer.next();
  t.strictSame(
    proofs(third.request, 'proxy-authorization').map((each) => each.get('nc')),
    ['00000002', '00000002'],
  );
  peer.respond(third, 200);
  await next;
});

t.test('the strongest algorithm of a realm is taken', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  const asked = transactions.ask(testRequest('REGISTER'), [peer.hop()]);
  const challenges = ['MD5', 'SHA-256', 'SHA-512-256'].map((name) => digest('r', name, `, algorithm=${name}`));
  peer.respond(await peer.next(), 401, { headers: challenges.map((value) => ['www-authenticate', value] as const) });
  const given = await peer.next();
  t.strictSame(
    proofs(given.request, 'authorization').map((each) => each.get('algorithm')),
    ['SHA-256'],
  );
  peer.respond(given, 200);
  await asked;
});

t.test('two fresh nonces are tried, and stale ones besides', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  let nonce = 0;
  peer.onRequest((given) => {
    nonce += 1;
    const stale = nonce === 2 ? ', stale=true' : '';
    peer.respond(given, 401, { headers: [['www-authenticate', digest('r', `${nonce}`, stale)]] });
  });
  const asked = transactions.ask(testRequest('REGISTER'), [peer.hop()]);
  await t.rejects(asked, { name: 'SipError', code: 'unauthorized', status: 401 });
  t.equal(peer.requests.length, 4);
});

t.test('a server that says stale without end is left', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  peer.onRequest((given) => {
    peer.respond(given, 401, { headers: [['www-authenticate', digest('r', 'n', ', stale=true')]] });
  });
  await t.rejects(transactions.ask(testRequest('REGISTER'), [peer.hop()]), { code: 'unauthorized' });
  t.equal(peer.requests.length, 8);
});

t.test('the nonce that a response names is used for the next request', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  const asked = transactions.ask(testRequest('REGISTER'), [peer.hop()]);
  peer.respond(await peer.next(), 401, { headers: [['www-authenticate', digest('r', 'one')]] });
  peer.respond(await peer.next(), 200, {
    headers: [['authentication-info', 'qop=auth, nextnonce="two", nc=00000001']],
  });
  await asked;
  void transactions.ask(testRequest('REGISTER'), [peer.hop()]).catch(() => undefined);
  const [fields] = proofs((await peer.next()).request, 'authorization');
  t.equal(fields?.get('nonce'), 'two');
  t.equal(fields?.get('nc'), '00000001');
});

t.test('challenges without a scheme that we have end it at once', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  for (const headers of [
    [],
    [['www-authenticate', 'Basic realm="r"']],
    [['www-authenticate', digest('r', 'n').replace('auth"', 'auth-int"')]],
  ]) {
    const asked = transactions.ask(testRequest('REGISTER'), [peer.hop()]);
    const ended = t.rejects(asked, { code: 'unauthorized' });
    peer.respond(await peer.next(), 401, { headers: headers as [string, string][] });
    await ended;
  }
  t.equal(peer.requests.length, 3);
});

t.test('an INVITE is sent anew with a new branch and the next number; its ACK has the same credentials', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  const transaction = transactions.invite(testRequest('INVITE'), [peer.hop()], { nextSequence: () => 7 });
  const first = await peer.next('INVITE');
  peer.respond(first, 407, { headers: [['proxy-authenticate', digest('r', 'n')]] });
  const ack = await peer.next('ACK');
  t.equal(branchOf(ack.request.headers), branchOf(first.request.headers));
  const second = await peer.next('INVITE');
  t.equal(sequence(second), 7);
  t.not(branchOf(second.request.headers), branchOf(first.request.headers));
  t.ok(provesPassword(second.request.headers.get('proxy-authorization'), 'INVITE', 'secret'));
  t.equal(sequenceOf(transaction.request.headers)?.number, 7, 'it is the request of the transaction now');
  const accepted = once(transaction.observer, 'accepted');
  peer.respond(second, 200);
  await accepted;
  transactions.acknowledge(testRequest('ACK', { sequence: 7 }), [peer.hop()]);
  const acknowledged = await peer.next('ACK');
  t.equal(acknowledged.request.headers.get('proxy-authorization'), second.request.headers.get('proxy-authorization'));
  const bye = transactions.ask(testRequest('BYE', { sequence: 8 }), [peer.hop()]);
  const given = await peer.next('BYE');
  t.ok(provesPassword(given.request.headers.get('proxy-authorization'), 'BYE', 'secret'), 'and BYE has them at once');
  peer.respond(given, 200);
  await bye;
});

t.test('an INVITE with refused credentials is rejected with the last challenge', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  peer.onRequest((given) => {
    if (given.request.method === 'ACK') return;
    peer.respond(given, 407, { headers: [['proxy-authenticate', digest('r', 'n')]] });
  });
  t.equal((await rejection(transactions.invite(testRequest('INVITE'), [peer.hop()]))).status, 407);
  t.equal(peer.requests.filter(({ request }) => request.method === 'INVITE').length, 3);
});

t.test('a cancelled INVITE is not sent again', async (t) => {
  const { transactions, peer } = await openAuthenticated(t);
  const transaction = transactions.invite(testRequest('INVITE'), [peer.hop()]);
  const given = await peer.next('INVITE');
  transaction.cancel();
  const rejected = rejection(transaction);
  peer.respond(given, 401, { headers: [['www-authenticate', digest('r', 'n')]] });
  t.equal((await rejected).status, 401);
  await peer.next('ACK');
  t.equal(peer.requests.length, 2);
});

t.test('who is none of the account gets no credentials, neither for a challenge nor unasked', async (t) => {
  let trusted = false;
  const { transactions, peer } = await openAuthenticated(t, () => trusted);
  peer.onRequest((given) => {
    if (given.request.headers.get('authorization')) peer.respond(given, 200);
    else peer.respond(given, 401, { headers: [['www-authenticate', digest('r', 'n')]] });
  });
  const ask = () => transactions.ask(testRequest('OPTIONS'), [peer.hop()]);
  await t.rejects(ask(), { code: 'unauthorized' });
  t.equal(peer.requests.length, 1);
  trusted = true;
  t.equal((await ask()).response.status, 200);
  trusted = false;
  await t.rejects(ask(), { code: 'unauthorized' });
  transactions.acknowledge(testRequest('ACK'), [peer.hop()]);
  while (peer.requests.length < 5) await once(peer.sockets.observer, 'message');
  t.notOk(peer.requests.slice(3).some(({ request }) => request.headers.get('authorization')));
});
