// What a registrar that has gone mad may send to the user agent: responses and requests with faults, in any order.
import { EventEmitter } from 'node:events';
import t from 'tap';
import { accountOf } from '../../src/component/sip/account.ts';
import { AccountLine } from '../../src/component/sip/account-line.ts';
import { outgoingResponse } from '../../src/component/sip/message/outgoing-response.ts';
import { parseDatagram } from '../../src/component/sip/message/parse-message.ts';
import type { SipMessage, SipRequest } from '../../src/component/sip/message/sip-message.ts';
import { writeMessage } from '../../src/component/sip/message/write-message.ts';
import type { Registration } from '../../src/component/sip/registration.ts';
import type { Hop } from '../../src/component/sip/transport/hop.ts';
import type { SipTransport, SipTransportEvents } from '../../src/component/sip/transport/sip-transport.ts';
import { UserAgent } from '../../src/component/sip/user-agent.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { testRequest } from '../component/sip/scripted-peer.ts';
import { seededRandom } from '../seeded-random.ts';
import { mutatedBytes, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const registrar: Hop = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
const statuses = [100, 180, 183, 200, 200, 200, 202, 302, 401, 401, 407, 423, 481, 486, 487, 500, 503, 603];
const methods = ['INVITE', 'INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'INFO', 'OPTIONS', 'REGISTER', 'FOO'];
const challenge = 'Digest realm="r", nonce="n", qop="auth"';

/** A user agent on a transport that keeps the last requests which it sent. */
function openUserAgent() {
  const clock = new HeldClock();
  const sent: SipRequest[] = [];
  const transport: SipTransport = {
    observer: new EventEmitter<SipTransportEvents>(),
    sentBy: () => '192.0.2.7:5060',
    send: async (message) => {
      writeMessage(message);
      if (message.type === 'request') sent.splice(0, Math.max(0, sent.length - 9), message);
      if (message.type === 'request') sent.push(message);
    },
  };
  const userAgent = new UserAgent({ transport, clock });
  const resolver = { resolve: async () => [registrar] };
  const account = accountOf({ address: 'example.org', username: '1001', password: 'secret' });
  const line = new AccountLine({ userAgent, transport, resolver, clock, permits: () => true }, { account });
  return { clock, sent, transport, userAgent, line, account };
}

function response(random: () => number, request: SipRequest): SipMessage {
  const headers: [string, string][] = [
    ['www-authenticate', challenge],
    ['proxy-authenticate', `${challenge}, stale=${random() < 0.5}`],
    ['authentication-info', `nextnonce="${random()}"`],
    ['contact', `${request.headers.get('contact')};expires=${Math.floor(random() * 600)}`],
    ['min-expires', `${Math.floor(random() * 1000)}`],
    ['retry-after', `${Math.floor(random() * 100)}`],
  ];
  return outgoingResponse(request, pick(random, statuses), {
    toTag: pick(random, ['a', 'b', 'c']),
    headers: headers.filter(() => random() < 0.5),
  });
}

function request(random: () => number, line: AccountLine): SipMessage {
  const method = pick(random, methods);
  const given = testRequest(method, { callId: pick(random, ['one', 'two']), sequence: 1 + Math.floor(random() * 3) });
  if (random() < 0.5) given.headers.set('to', `<sip:b@example.org>;tag=${pick(random, ['ours', 'other'])}`);
  given.headers.prepend(
    'via',
    `SIP/2.0/UDP 192.0.2.1;branch=${pick(random, ['', 'z9hG4bK'])}${Math.floor(random() * 9)}`,
  );
  return { ...given, uri: pick(random, [line.contact(registrar), given.uri]) };
}

t.test('whatever arrives, the user agent goes on, and forgets it all', async (t) => {
  const { clock, sent, transport, userAgent, line, account } = openUserAgent();
  let registered = 0;
  /** Registers again whenever that is refused. */
  const register = (): Registration => {
    const each = line.register(account);
    each.observer.on('registered', () => (registered += 1));
    each.observer.on('refused', () => {
      registration = register();
    });
    return each;
  };
  let registration = register();
  const own = seededRandom(1);
  const answer = (status: number) => (transaction: { respond(status: number): void }) => transaction.respond(status);
  line.acceptCalls((transaction) => {
    transaction.observer.on('cancelled', () => undefined);
    transaction.respond(pick(own, [180, 200, 486]));
  });
  userAgent.addDialog({ callId: 'one', localTag: 'ours' }, answer(200));
  let [settled, arrived] = [0, 0];
  await fuzz(t, 1500, async (random) => {
    if (random() < 0.1) {
      const transaction = line.transactions.invite(testRequest('INVITE'), [registrar, registrar]);
      transaction.observer.on('failed', () => (settled += 1)).on('rejected', () => (settled += 1));
      if (random() < 0.5) transaction.cancel();
      line.transactions.ask(testRequest('BYE'), [registrar]).catch(() => undefined);
    }
    for (let count = 0; count < 6; count += 1) {
      const known = sent.length > 0 && random() < 0.6;
      const message = known ? response(random, pick(random, sent)) : request(random, line);
      const bytes = writeMessage(message);
      let received: SipMessage | undefined;
      try {
        received = parseDatagram(random() < 0.4 ? mutatedBytes(random, bytes) : bytes);
      } catch {
        continue;
      }
      if (received) transport.observer.emit('message', received, registrar);
      arrived += received ? 1 : 0;
    }
    clock.advance(random() * 5000);
  });
  t.ok(arrived > 1000, `${arrived} messages`);
  t.ok(settled > 10, `${settled} calls were refused`);
  t.ok(registered > 0, `it was registered ${registered} times`);
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds; step += 1) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const closing = registration.close();
  await pass(5);
  await closing;
  await pass(64);
  userAgent.close();
  t.equal(clock.pending, 0, 'no timer is left');
});
