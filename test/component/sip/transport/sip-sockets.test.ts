import { once } from 'node:events';
import t, { type Test } from 'tap';
import { topViaOf } from '../../../../src/component/sip/message/header-values.ts';
import type { SipMessage } from '../../../../src/component/sip/message/sip-message.ts';
import type { Hop } from '../../../../src/component/sip/transport/hop.ts';
import { SipSockets } from '../../../../src/component/sip/transport/sip-sockets.ts';
import { UdpSocket } from '../../../../src/component/sip/transport/udp-socket.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { okResponse, optionsRequest } from '../message/samples.ts';

async function openSockets(t: Test, guard = new AddressGuard()): Promise<SipSockets> {
  const options = { clock: new HeldClock(), verifyTls: true, guard };
  const sockets = await SipSockets.open({ listenIp: '127.0.0.1', port: 0, advertisedIp: '192.0.2.7', ...options });
  t.teardown(() => sockets.close());
  return sockets;
}

const hopTo = ({ port }: { port: number }): Hop => ({ protocol: 'udp', address: '127.0.0.1', port });

t.test('datagrams carry messages in both directions', async (t) => {
  const [one, other] = [await openSockets(t), await openSockets(t)];
  t.equal(one.sentBy(), `192.0.2.7:${one.port}`);
  const received = once(other.observer, 'message') as Promise<[SipMessage, Hop]>;
  const body = 'a'.repeat(20_000);
  await one.send(optionsRequest(`SIP/2.0/UDP ${one.sentBy()};branch=z9hG4bK1;rport`, body), hopTo(other));
  const [request, from] = await received;
  t.strictSame(from, hopTo(one));
  t.equal(request.body.toString(), body, 'a large one as well');
  const via = topViaOf(request.headers);
  t.strictSame([via?.parameters.get('received'), via?.parameters.get('rport')], ['127.0.0.1', String(one.port)]);

  const answered = once(one.observer, 'message') as Promise<[SipMessage, Hop]>;
  if (request.type === 'request') await other.send(okResponse(request), from);
  t.match((await answered)[0], { type: 'response', status: 200 });
});

t.test('a response goes to the port of Via when the request does not ask for its source port', async (t) => {
  const sockets = await openSockets(t);
  const received = once(sockets.observer, 'message') as Promise<[SipMessage, Hop]>;
  const sender = await openSockets(t);
  await sender.send(optionsRequest('SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK1'), hopTo(sockets));
  const [request, from] = await received;
  t.strictSame(from, { protocol: 'udp', address: '127.0.0.1', port: 5999 });
  t.notOk(topViaOf(request.headers)?.parameters.has('received'), 'the address is that of Via');
});

t.test('a datagram that is no message is counted and dropped', async (t) => {
  const sockets = await openSockets(t);
  const stranger = await UdpSocket.open('127.0.0.1', 0);
  t.teardown(() => stranger.close());
  const messages: SipMessage[] = [];
  sockets.observer.on('message', (message) => messages.push(message));
  for (const text of ['\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\u0000'.repeat(1000)]) {
    await stranger.send(Buffer.from(text), '127.0.0.1', sockets.port);
  }
  const received = once(sockets.observer, 'message');
  await (await openSockets(t)).send(optionsRequest('SIP/2.0/UDP a;rport'), hopTo(sockets));
  await received;
  t.equal(messages.length, 1);
  t.equal(sockets.malformed, 2, 'an empty line keeps a binding open');
});

t.test('requests go to permitted addresses only', async (t) => {
  const sockets = await openSockets(t, new AddressGuard({ deny: ['127.0.0.0/8'] }));
  await t.rejects(sockets.send(optionsRequest('SIP/2.0/UDP a'), hopTo(sockets)), { code: 'refused_address' });
});

t.test('what holds a line break is not sent', async (t) => {
  const sockets = await openSockets(t);
  const request = optionsRequest('SIP/2.0/UDP a');
  request.headers.append('Subject', 'a\r\nContact: <sip:stranger@example.org>');
  await t.rejects(sockets.send(request, hopTo(sockets)), { code: 'bad_message' });
});

t.test('a closed socket sends nothing, and closing it again does nothing', async (t) => {
  const sockets = await openSockets(t);
  await Promise.all([sockets.close(), sockets.close()]);
  await t.rejects(sockets.send(optionsRequest('SIP/2.0/UDP a'), hopTo(sockets)), { code: 'closed' });
});
