// The registration with a real registrar; its timers are moved by hand.
import { EventEmitter, once } from 'node:events';
import t, { type Test } from 'tap';
import { accountOf } from '../../../src/component/sip/account.ts';
import { outgoingRequest } from '../../../src/component/sip/message/outgoing-request.ts';
import { outgoingResponse } from '../../../src/component/sip/message/outgoing-response.ts';
import type { SipMessage } from '../../../src/component/sip/message/sip-message.ts';
import { Registration } from '../../../src/component/sip/registration.ts';
import { AuthenticatedTransactions } from '../../../src/component/sip/transaction/authenticated-transactions.ts';
import { SipTransactions } from '../../../src/component/sip/transaction/sip-transactions.ts';
import type { Hop } from '../../../src/component/sip/transport/hop.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { PortBlock } from '../../port-block.ts';
import { Kamailio, type KamailioOptions, lacking } from './kamailio.ts';
import { openTestSockets } from './scripted-peer.ts';

const skip = await lacking('kamailio', 'openssl');

/** A registrar, and a registration of the account 1001 whose telephone is busy. */
async function register(t: Test, options: Partial<KamailioOptions> = {}, password = 'first') {
  const { min } = await PortBlock.claim(t);
  const kamailio = await Kamailio.start(t, { port: min, accounts: { '1001': 'first' }, ...options });
  const clock = new HeldClock();
  const sockets = await openTestSockets(t);
  const transactions = new SipTransactions({ transport: sockets, clock });
  t.teardown(() => transactions.close());
  const received: SipMessage[] = [];
  const arrivals = new EventEmitter<{ arrival: [] }>();
  sockets.observer.on('message', (message, from) => {
    received.push(message);
    if (message.type === 'response') transactions.receiveResponse(message);
    else if (message.method === 'INVITE') void sockets.send(outgoingResponse(message, 486, { toTag: 'own' }), from);
    arrivals.emit('arrival');
  });
  const account = accountOf({ address: kamailio.address, username: '1001', password });
  const hop: Hop = { protocol: 'udp', address: '127.0.0.1', port: min };
  const authenticated = () => new AuthenticatedTransactions(transactions, { credentials: account, trusts: () => true });
  const registration = new Registration({
    ...{ account, clock, transport: sockets, transactions: authenticated() },
    contact: () => `sip:1001@127.0.0.1:${sockets.port}`,
    resolver: { resolve: async () => [hop] },
    token: () => `token${tokens++}`,
  });
  t.teardown(() => registration.close());
  /** Final responses to REGISTER so far. */
  const responses = () =>
    received.flatMap((message) =>
      message.type === 'response' && message.headers.get('cseq')?.endsWith('REGISTER') ? [message.status] : [],
    );
  /** Waits until that many final responses to REGISTER have come. */
  const responded = async (count: number) => {
    while (responses().length < count) await once(arrivals, 'arrival');
    return responses();
  };
  /** Calls the account. @returns the status of the final response: the telephone's, or the registrar's */
  const call = async () => {
    const address = '<sip:1001@127.0.0.1>';
    const numbers = { callId: `call${tokens++}`, sequence: 1, from: `${address};tag=a`, to: address };
    const request = outgoingRequest({ method: 'INVITE', uri: `sip:1001@${kamailio.address}`, ...numbers });
    const invite = authenticated().invite(request, [hop], { nextSequence: () => 2 });
    const [{ response }] = await once(invite.observer, 'rejected');
    return response.status;
  };
  return { kamailio, clock, registration, responded, call };
}

let tokens = 0;

t.test('an account is registered, refreshed and unregistered', { skip }, async (t) => {
  const { clock, registration, responded, call } = await register(t);
  t.equal(registration.state, 'registering');
  await once(registration.observer, 'registered');
  t.same(await responded(2), [401, 200]);
  t.equal(await call(), 486);
  clock.advance(45_000);
  // with the nonce that it knows
  t.same(await responded(3), [401, 200, 200]);
  await registration.close();
  t.same(await responded(4), [401, 200, 200, 200]);
  t.equal(await call(), 404);
});

t.test('a registrar that wants a longer time gets it', { skip }, async (t) => {
  const { registration, responded, call } = await register(t, { minExpires: 400 });
  await once(registration.observer, 'registered');
  t.same(await responded(3), [401, 423, 200]);
  t.equal(await call(), 486);
});

t.test('a wrong password is refused at once', { skip }, async (t) => {
  const { registration } = await register(t, {}, 'second');
  const [error] = await once(registration.observer, 'refused');
  t.match(error, { code: 'unauthorized', status: 401 });
  t.equal(registration.state, 'failed');
});

t.test('a registrar that died and came back gets the account again', { skip }, async (t) => {
  const { kamailio, clock, registration, responded, call } = await register(t);
  await once(registration.observer, 'registered');
  await responded(2);
  await kamailio.kill();
  const failed = once(registration.observer, 'failed');
  clock.advance(45_000);
  // of the request that nobody responds to
  await clock.whenPending(1);
  clock.advance(32_000);
  t.match(await failed, [{ code: 'timeout' }]);
  t.equal(registration.state, 'failed');
  await kamailio.restart();
  const registered = once(registration.observer, 'registered');
  clock.advance(5000);
  await registered;
  t.equal(registration.state, 'registered');
  // its nonces are others now
  t.same(await responded(4), [401, 200, 401, 200]);
  t.equal(await call(), 486);
});
