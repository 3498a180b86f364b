import t from 'tap';
import { toTagOf } from '../../../src/component/sip/message/header-values.ts';
import type { SipRequest } from '../../../src/component/sip/message/sip-message.ts';
import type { Hop } from '../../../src/component/sip/transport/hop.ts';
import { UserAgent } from '../../../src/component/sip/user-agent.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { testRequest } from './scripted-peer.ts';
import { MemoryNetwork } from './transaction/memory-network.ts';

const calls = 100;

const withTag = (method: string, index: number, tag: string): SipRequest => {
  const request = testRequest(method, { callId: `call${index}`, sequence: method === 'BYE' ? 2 : 1 });
  request.headers.set('to', `<sip:b@example.org>;tag=${tag}`);
  return request;
};

/** One call that the caller ends as soon as it is answered. @returns how it ended */
function call(userAgent: UserAgent, hop: Hop, index: number): Promise<string> {
  return new Promise((resolve) => {
    const transaction = userAgent.transactions.invite(testRequest('INVITE', { callId: `call${index}` }), [hop]);
    let answered = false;
    transaction.observer.on('failed', ({ code }) => resolve(code));
    transaction.observer.on('accepted', ({ response }) => {
      const tag = toTagOf(response.headers) ?? '';
      userAgent.transactions.acknowledge(withTag('ACK', index, tag), [hop]);
      if (answered) return;
      answered = true;
      const ended = userAgent.transactions.ask(withTag('BYE', index, tag), [hop]);
      ended.then(
        ({ response: { status } }) => resolve(String(status)),
        ({ code }) => resolve(`BYE ${code}`),
      );
    });
  });
}

t.test('with 30 % of all datagrams lost in each direction, calls are made and ended all the same', async (t) => {
  const clock = new HeldClock();
  const network = new MemoryNetwork(clock, 0.3, 7);
  const [caller, called] = [network.open(), network.open()];
  const userAgent = new UserAgent({ transport: caller.transport, clock });
  const telephone = new UserAgent({ transport: called.transport, clock });
  let acknowledged = 0;
  telephone.addAcceptor({
    accepts: () => true,
    receive: (transaction) => {
      const callId = transaction.request.headers.get('call-id') ?? '';
      telephone.addDialog({ callId, localTag: callId }, (bye) => bye.respond(200));
      transaction.observer.on('acknowledged', () => {
        acknowledged += 1;
      });
      transaction.respond(180, { toTag: callId });
      transaction.respond(200, { toTag: callId });
    },
  });
  const ends: string[] = [];
  for (let index = 0; index < calls; index += 1) {
    void call(userAgent, called.hop, index).then((end) => ends.push(end));
  }
  for (let step = 0; clock.pending > 0 && step < 10_000; step += 1) {
    clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(clock.pending, 0, 'everything has come to its end');
  t.equal(ends.length, calls);
  const good = ends.filter((end) => end === '200').length;
  t.ok(good >= 95, `${good} of ${calls} calls`);
  t.ok(acknowledged >= 95, `${acknowledged} were acknowledged`);
  t.ok(
    ends.every((end) => ['200', 'timeout', 'BYE timeout'].includes(end)),
    ends.join(' '),
  );
});
