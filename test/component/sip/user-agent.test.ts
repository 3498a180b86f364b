import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { outgoingResponse } from '../../../src/component/sip/message/outgoing-response.ts';
import type { SipRequest } from '../../../src/component/sip/message/sip-message.ts';
import type { ServerTransaction } from '../../../src/component/sip/transaction/transaction.ts';
import { UserAgent, type UserAgentOptions } from '../../../src/component/sip/user-agent.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { openTestSockets, ScriptedPeer, testRequest } from './scripted-peer.ts';

async function openUserAgent(t: Test, answersStranger: UserAgentOptions['answersStranger'] = () => true) {
  const clock = new HeldClock();
  const transport = await openTestSockets(t);
  const userAgent = new UserAgent({ transport, clock, answersStranger });
  t.teardown(() => userAgent.close());
  const peer = await ScriptedPeer.open(t);
  const us = { protocol: 'udp', address: '127.0.0.1', port: transport.port } as const;
  const send = (request: SipRequest, branch?: string) => peer.send(request, us, branch);
  /** The response to a request. */
  const ask = async (request: SipRequest) => {
    send(request);
    return await peer.nextResponse();
  };
  return { clock, transport, userAgent, peer, send, ask };
}

const inDialog = (method: string, tag = 'ours') => {
  const request = testRequest(method);
  request.headers.set('to', `<sip:b@example.org>;tag=${tag}`);
  return request;
};
const to = (uri: string, callId: string = randomUUID()): SipRequest => ({ ...testRequest('INVITE', { callId }), uri });
const requiring = (request: SipRequest) => {
  request.headers.append('require', '100rel, Timer');
  return request;
};

t.test('strangers get an answer without any state', async (t) => {
  const { clock, ask } = await openUserAgent(t);
  const options = await ask(testRequest('OPTIONS'));
  t.equal(options.status, 200);
  t.match(options.headers.get('allow'), /INVITE.*BYE/);
  t.equal(options.headers.get('accept'), 'application/sdp');
  t.equal((await ask(testRequest('INVITE'))).status, 480);
  for (const method of ['CANCEL', 'BYE', 'UPDATE', 'INFO', 'NOTIFY'])
    t.equal((await ask(testRequest(method))).status, 481);
  for (const method of ['INVITE', 'BYE', 'OPTIONS', 'FOO']) t.equal((await ask(inDialog(method))).status, 481);
  const register = await ask(testRequest('REGISTER'));
  t.equal(register.status, 405);
  t.match(register.headers.get('allow'), /INVITE/);
  t.equal((await ask(testRequest('FOO'))).status, 501);
  t.equal((await ask(to('tel:+4930'))).status, 416);
  const required = await ask(requiring(testRequest('OPTIONS')));
  t.equal(required.status, 420);
  t.equal(required.headers.get('unsupported'), '100rel, timer');
  t.equal(clock.pending, 0);
});

t.test('a stranger gets the same tag each time, and an ACK gets nothing', async (t) => {
  const { ask, send, peer } = await openUserAgent(t);
  const first = await ask(testRequest('INVITE'));
  t.equal((await ask(testRequest('INVITE'))).headers.get('to'), first.headers.get('to'));
  send(inDialog('ACK'));
  t.equal((await ask(testRequest('OPTIONS'))).status, 200);
  t.equal(peer.responses.length, 3);
});

t.test('a request whose Max-Forwards is 0 has reached us all the same', async (t) => {
  const { ask } = await openUserAgent(t);
  const request = testRequest('OPTIONS');
  request.headers.set('max-forwards', '0');
  t.equal((await ask(request)).status, 200);
});

t.test('beyond the limit for strangers, requests are dropped', async (t) => {
  let left = 2;
  const { ask, send, transport, peer } = await openUserAgent(t, () => {
    left -= 1;
    return left >= 0;
  });
  await ask(testRequest('OPTIONS'));
  await ask(testRequest('INVITE'));
  const arrived = once(transport.observer, 'message');
  send(testRequest('OPTIONS'));
  await arrived;
  left = 1;
  await ask(testRequest('OPTIONS'));
  t.equal(peer.responses.length, 3);
});

t.test('a server that has responded to us is told from strangers', async (t) => {
  const known: boolean[] = [];
  const { userAgent, ask, peer } = await openUserAgent(t, (each) => known.push(each) > 0);
  await ask(testRequest('OPTIONS'));
  peer.onRequest((given) => peer.respond(given, 200));
  await userAgent.transactions.ask(testRequest('REGISTER'), [peer.hop()]);
  await ask(testRequest('OPTIONS'));
  t.strictSame(known, [false, true]);
});

t.test('a response that nobody waits for makes nobody known', async (t) => {
  const known: boolean[] = [];
  const { ask, transport, peer } = await openUserAgent(t, (each) => known.push(each) > 0);
  const arrived = once(transport.observer, 'message');
  const request = testRequest('REGISTER');
  request.headers.prepend('via', 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKguessed');
  const us = { protocol: 'udp', address: '127.0.0.1', port: transport.port } as const;
  await peer.sockets.send(outgoingResponse(request, 200, { toTag: 'x' }), us);
  await arrived;
  await ask(testRequest('OPTIONS'));
  t.strictSame(known, [false]);
});

t.test('requests of a dialog reach it, until it is removed', async (t) => {
  const { userAgent, ask } = await openUserAgent(t);
  const received: string[] = [];
  const remove = userAgent.addDialog({ callId: 'call', localTag: 'ours' }, (transaction) => {
    received.push(transaction.request.method);
    transaction.respond(202);
  });
  t.equal((await ask(inDialog('INFO'))).status, 202);
  t.equal((await ask(inDialog('FOO'))).status, 202, 'methods are its own matter');
  t.equal((await ask(inDialog('INFO', 'other'))).status, 481);
  t.equal((await ask(requiring(inDialog('INFO')))).status, 420);
  t.strictSame(received, ['INFO', 'FOO']);
  remove();
  remove();
  t.equal((await ask(inDialog('INFO'))).status, 481);
});

t.test('the end of an earlier dialog of the same name does not end the later one', async (t) => {
  const { userAgent, ask } = await openUserAgent(t);
  const key = { callId: 'call', localTag: 'ours' };
  const remove = userAgent.addDialog(key, (transaction) => transaction.respond(202));
  userAgent.addDialog(key, (transaction) => transaction.respond(204));
  remove();
  t.equal((await ask(inDialog('INFO'))).status, 204);
});

t.test('a call reaches the account whose Contact it is for, from where it accepts calls', async (t) => {
  const { userAgent, ask } = await openUserAgent(t);
  let accepts = true;
  const accept = (status: number) => (transaction: ServerTransaction) => transaction.respond(status);
  userAgent.addAcceptor({ user: '1 2', line: 'x', accepts: () => accepts, receive: accept(486) });
  const remove = userAgent.addAcceptor({ user: '1 2', line: 'y', accepts: () => true, receive: accept(603) });
  const anybody = userAgent.addAcceptor({ accepts: () => true, receive: accept(600) });
  t.equal((await ask(to('sip:1%202@127.0.0.1;line=x'))).status, 486);
  t.equal((await ask(to('sip:1%202@127.0.0.1;line=y'))).status, 603);
  t.equal((await ask(to('sip:1%202@127.0.0.1'))).status, 603, 'the newest, when the registrar lost the parameter');
  t.equal((await ask(to('sip:2@127.0.0.1'))).status, 600);
  anybody();
  t.equal((await ask(to('sip:2@127.0.0.1'))).status, 480);
  t.equal((await ask(to('sip:1%202@127.0.0.1;line=z'))).status, 480);
  accepts = false;
  t.equal((await ask(to('sip:1%202@127.0.0.1;line=x'))).status, 480);
  remove();
  remove();
  t.equal((await ask(to('sip:1%202@127.0.0.1'))).status, 480);
});

t.test('a repeated INVITE makes one call, and a copy that came on another way gets 482', async (t) => {
  const { userAgent, send, ask, peer } = await openUserAgent(t);
  let calls = 0;
  userAgent.addAcceptor({
    accepts: () => true,
    receive: (transaction) => {
      calls += 1;
      transaction.respond(180);
    },
  });
  const invite = (uri = 'sip:1@127.0.0.1') => to(uri, 'one');
  send(invite(), 'z9hG4bKa');
  t.equal((await peer.nextResponse()).status, 180);
  send(invite(), 'z9hG4bKa');
  t.equal((await peer.nextResponse()).status, 180);
  t.equal((await ask(invite())).status, 482);
  t.equal(calls, 1);
  t.equal((await ask(invite('sip:2@127.0.0.1'))).status, 180, 'a fork to another account of ours is a call of its own');
});

t.test('a request of a dialog without a tag of its sender is bad', async (t) => {
  const { userAgent, ask } = await openUserAgent(t);
  userAgent.addDialog({ callId: 'call', localTag: 'ours' }, (transaction) => transaction.respond(200));
  const request = inDialog('INFO');
  request.headers.set('from', '<sip:a@example.org>');
  t.equal((await ask(request)).status, 400);
});

t.test('its Contact names the protocol, and the line', async (t) => {
  const { userAgent, transport } = await openUserAgent(t);
  const hop = { protocol: 'udp', address: '127.0.0.1', port: 5060 } as const;
  t.equal(userAgent.contact('me', hop), `sip:me@127.0.0.1:${transport.port}`);
  t.equal(
    userAgent.contact('me', { ...hop, protocol: 'tls' }, 'x'),
    `sip:me@127.0.0.1:${transport.port};transport=tls;line=x`,
  );
});

t.test('after its end nothing is answered, and no timer is left', async (t) => {
  const { clock, userAgent, transport, send, peer } = await openUserAgent(t);
  userAgent.addAcceptor({ accepts: () => true, receive: () => undefined });
  const arrived = once(transport.observer, 'message');
  send(to('sip:1@127.0.0.1'));
  await arrived;
  t.equal(clock.pending, 1);
  userAgent.close();
  userAgent.close();
  t.equal(clock.pending, 0);
  t.equal(transport.observer.listenerCount('message'), 0);
  t.equal(peer.responses.length, 0);
});
