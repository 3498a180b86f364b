import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import t, { type Test } from 'tap';
import { topViaOf } from '../../../../src/component/sip/message/header-values.ts';
import type { SipMessage } from '../../../../src/component/sip/message/sip-message.ts';
import { writeMessage } from '../../../../src/component/sip/message/write-message.ts';
import type { Hop } from '../../../../src/component/sip/transport/hop.ts';
import { SipSockets, type SipSocketsOptions } from '../../../../src/component/sip/transport/sip-sockets.ts';
import { AddressGuard } from '../../../../src/net/address-guard.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { okResponse, optionsRequest } from '../message/samples.ts';
import { makeCertificate } from './test-certificate.ts';

async function openSockets(t: Test, given: Partial<SipSocketsOptions> = {}) {
  const clock = new HeldClock();
  const common = { listenIp: '127.0.0.1', port: 0, advertisedIp: '127.0.0.1', guard: new AddressGuard(), clock };
  const sockets = await SipSockets.open({ ...common, verifyTls: true, ...given });
  t.teardown(() => sockets.close());
  return { sockets, clock };
}

/** A registrar's end: the text that it received, and its connections. */
class Peer {
  readonly connections: Socket[] = [];
  readonly events = new EventEmitter<{ text: [] }>();
  text = '';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(t: Test, server: Server, event: 'connection' | 'secureConnection' = 'connection'): Promise<Peer> {
    const peer = new Peer(server);
    server.on(event, (socket: Socket) => {
      peer.connections.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        peer.text += chunk;
        peer.events.emit('text');
      });
    });
    server.on('tlsClientError', () => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => {
      for (const each of peer.connections) each.destroy();
      server.close();
    });
    return peer;
  }

  hop(protocol: Hop['protocol'], serverName?: string): Hop {
    const { port } = this.#server.address() as AddressInfo;
    return { protocol, address: '127.0.0.1', port, ...(serverName && { serverName }) };
  }

  async receives(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await once(this.events, 'text');
  }
}

const request = (body = '') => optionsRequest('SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1', body);
const messageOf = ({ observer }: SipSockets) => once(observer, 'message') as Promise<[SipMessage, Hop]>;

/** A connection of somebody else to us, which has been accepted. */
async function dial(t: Test, { port }: { readonly port: number }): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

t.test('messages to one hop share a connection, and what comes back on it is received', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets } = await openSockets(t);
  await Promise.all([sockets.send(request('one'), peer.hop('tcp')), sockets.send(request('two'), peer.hop('tcp'))]);
  await peer.receives(/one.*two/s);
  t.equal(peer.connections.length, 1);
  t.equal(sockets.connections, 1);

  const received = messageOf(sockets);
  peer.connections[0]?.write(writeMessage(request('from the registrar')));
  const [message, from] = await received;
  t.equal(message.body.toString(), 'from the registrar');
  t.strictSame(from, peer.hop('tcp'));
  await sockets.send(okResponse(request()), from);
  await peer.receives(/SIP\/2.0 200 OK/);
  t.equal(peer.connections.length, 1, 'a response takes the same way');
});

t.test('a request over a connection opened to us is answered on it', async (t) => {
  const { sockets } = await openSockets(t);
  const socket = await dial(t, sockets);
  const received = messageOf(sockets);
  const bytes = writeMessage(optionsRequest('SIP/2.0/TCP stranger.example;rport;branch=z9hG4bK1', 'x'));
  for (const byte of bytes) socket.write(Buffer.of(byte));
  const [message, from] = await received;
  t.strictSame(from, { protocol: 'tcp', address: '127.0.0.1', port: socket.localPort });
  const parameters = topViaOf(message.headers)?.parameters;
  t.strictSame([parameters?.get('received'), parameters?.get('rport')], ['127.0.0.1', String(socket.localPort)]);
  const answered = once(socket, 'data');
  await sockets.send(okResponse(request()), from);
  t.match(String((await answered)[0]), /^SIP\/2\.0 200 OK\r\n/);
});

t.test('no connection is opened for a response', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets } = await openSockets(t);
  await t.rejects(sockets.send(okResponse(request()), peer.hop('tcp')), { code: 'unreachable' });
  t.equal(peer.connections.length, 0);
});

t.test('a hop without a listener is unreachable', async (t) => {
  const server = createServer();
  const peer = await Peer.open(t, server);
  const hop = peer.hop('tcp');
  await new Promise((resolve) => server.close(resolve));
  const { sockets } = await openSockets(t);
  await t.rejects(sockets.send(request(), hop), { code: 'unreachable' });
  t.equal(sockets.connections, 0);
});

t.test('a lost connection is told, and the next message opens another', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets } = await openSockets(t);
  await sockets.send(request('one'), peer.hop('tcp'));
  await peer.receives(/one/);
  const lost = once(sockets.observer, 'disconnected');
  peer.connections[0]?.destroy();
  t.strictSame(await lost, [peer.hop('tcp')]);
  await sockets.send(request('two'), peer.hop('tcp'));
  await peer.receives(/two/);
  t.equal(peer.connections.length, 2);
});

t.test('TLS: the certificate must be valid for the name of the registrar', async (t) => {
  const certificate = await makeCertificate('DNS:sip.example.org');
  const peer = await Peer.open(t, createTlsServer(certificate), 'secureConnection');
  const { sockets: trusting } = await openSockets(t, { certificateAuthority: certificate.cert });
  await trusting.send(request('secret'), peer.hop('tls', 'sip.example.org'));
  await peer.receives(/secret/);
  await t.rejects(trusting.send(request(), peer.hop('tls', 'other.example.org')), { code: 'untrusted' });
  await t.rejects(trusting.send(request(), peer.hop('tls')), { code: 'untrusted' }, 'nor is it valid for the address');

  const { sockets: strict } = await openSockets(t);
  await t.rejects(strict.send(request(), peer.hop('tls', 'sip.example.org')), { code: 'untrusted' });
  t.equal(peer.text, writeMessage(request('secret')).toString(), 'whoever is not trusted got nothing');
  const { sockets: careless } = await openSockets(t, { verifyTls: false });
  await careless.send(request('careless'), peer.hop('tls', 'other.example.org'));
  await peer.receives(/careless/);
});

t.test('TLS before 1.2 is refused', async (t) => {
  const certificate = await makeCertificate('IP:127.0.0.1');
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const peer = await Peer.open(t, createTlsServer({ ...certificate, ...old }), 'secureConnection');
  const { sockets } = await openSockets(t, { certificateAuthority: certificate.cert });
  await t.rejects(sockets.send(request(), peer.hop('tls')), { code: 'unreachable' });
});

t.test('pings are answered', async (t) => {
  const { sockets } = await openSockets(t);
  const socket = await dial(t, sockets);
  const answered = once(socket, 'data');
  socket.write('\r\n\r\n');
  t.equal(String((await answered)[0]), '\r\n');
});

t.test('a connection that we opened is kept open by pings', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets, clock } = await openSockets(t);
  await sockets.send(request(), peer.hop('tcp'));
  await peer.receives(/OPTIONS/);
  peer.text = '';
  clock.advance(25_000);
  await peer.receives(/^\r\n\r\n$/);
  clock.advance(600_000);
  t.equal(sockets.connections, 1, 'a peer that never answered one may go on like that');
});

t.test('a peer that answered pings once and does so no more is gone', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets, clock } = await openSockets(t);
  await sockets.send(request(), peer.hop('tcp'));
  await peer.receives(/OPTIONS/);
  const received = messageOf(sockets);
  peer.connections[0]?.write(Buffer.concat([Buffer.from('\r\n'), writeMessage(request())]));
  await received;
  const lost = once(sockets.observer, 'disconnected');
  clock.advance(25_000);
  t.equal(sockets.connections, 1);
  clock.advance(15_000);
  await lost;
  t.equal(sockets.connections, 0);
});

t.test('who opens a connection and sends nothing, or not all of a message, is cut off', async (t) => {
  const { sockets, clock } = await openSockets(t);
  const silent = await dial(t, sockets);
  const slow = await dial(t, sockets);
  const answered = once(slow, 'data');
  slow.write('\r\n\r\nOPTIONS sip:a SIP/2.0\r\n');
  await answered;
  const slowEnd = once(slow, 'close');
  clock.advance(15_000);
  await slowEnd;
  t.notOk(silent.closed);
  const silentEnd = once(silent, 'close');
  clock.advance(20_000);
  await silentEnd;
  t.equal(sockets.connections, 0);
});

t.test('a connection that carries no SIP is cut off', async (t) => {
  const { sockets } = await openSockets(t);
  const socket = await dial(t, sockets);
  const end = once(socket, 'close');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await end;
  t.equal(sockets.malformed, 1);
});

t.test('of many connections from one address those that said nothing go first', async (t) => {
  const { sockets } = await openSockets(t);
  const registrar = await dial(t, sockets);
  const received = messageOf(sockets);
  registrar.write(writeMessage(request()));
  await received;
  const strangers: Socket[] = [];
  for (let count = 0; count < 40; count += 1) strangers.push(await dial(t, sockets));
  const open = once(strangers.at(-1) as Socket, 'data');
  strangers.at(-1)?.write('\r\n\r\n');
  await open;
  t.equal(sockets.connections, 16);
  const answered = once(registrar, 'data');
  registrar.write('\r\n\r\n');
  t.equal(String((await answered)[0]), '\r\n', 'the one that carried a message is still open');
});

t.test('of too many connections that we opened, the one that is not in use is closed', async (t) => {
  const peers = [
    await Peer.open(t, createServer()),
    await Peer.open(t, createServer()),
    await Peer.open(t, createServer()),
  ];
  const [one, two, three] = peers.map((peer) => peer.hop('tcp')) as [Hop, Hop, Hop];
  const { sockets, clock } = await openSockets(t, { maxOutgoing: 2 });
  await sockets.send(request(), one);
  await sockets.send(request(), two);
  await t.rejects(sockets.send(request(), three), { code: 'unreachable' }, 'both are in use');
  clock.advance(40_000);
  await sockets.send(request(), one);
  clock.advance(40_000);
  const lost = once(sockets.observer, 'disconnected');
  await sockets.send(request(), three);
  t.strictSame(await lost, [two]);
  t.equal(sockets.connections, 2);
});

t.test('a registrar that connects to us from its own port has two connections, and both are closed', async (t) => {
  const server = createServer();
  const peer = await Peer.open(t, server);
  const { sockets } = await openSockets(t);
  const hop = peer.hop('tcp');
  await sockets.send(request('one'), hop);
  await peer.receives(/one/);
  const [ours] = peer.connections as [Socket];
  server.close();
  const theirs = connect({ host: '127.0.0.1', port: sockets.port, localAddress: '127.0.0.1', localPort: hop.port });
  t.teardown(() => theirs.destroy());
  theirs.on('error', () => undefined);
  const received = messageOf(sockets);
  theirs.write(writeMessage(request()));
  t.strictSame((await received)[1], hop);
  t.equal(sockets.connections, 2);
  const ends = [once(ours, 'close'), once(theirs, 'close')];
  await sockets.close();
  await Promise.all(ends);
});

t.test('closing ends all connections, those being opened included', async (t) => {
  const peer = await Peer.open(t, createServer());
  const { sockets, clock } = await openSockets(t);
  const stranger = await dial(t, sockets);
  const end = once(stranger, 'close');
  const sending = t.rejects(sockets.send(request(), peer.hop('tcp')), { code: 'closed' });
  await Promise.all([sockets.close(), sending, end]);
  t.equal(sockets.connections, 0);
  t.equal(clock.pending, 0, 'no timer is left');
});
