import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { openListeningPort } from '../../../../src/component/sip/transport/listening-port.ts';
import { UdpSocket } from '../../../../src/component/sip/transport/udp-socket.ts';

t.test('datagrams and connections have the same port', async (t) => {
  const { udp, tcp } = await openListeningPort('127.0.0.1', 0);
  t.teardown(() => Promise.all([udp.close(), new Promise((resolve) => tcp.close(resolve))]));
  t.equal((tcp.address() as AddressInfo).port, udp.port);
});

t.test('a port that is taken by either is not opened at all', async (t) => {
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  await t.rejects(openListeningPort('127.0.0.1', port), { code: 'EADDRINUSE' });
  const udp = await UdpSocket.open('127.0.0.1', port);
  await new Promise((resolve) => other.close(resolve));
  await t.rejects(openListeningPort('127.0.0.1', port), { code: 'EADDRINUSE' });
  await udp.close();
});

t.test('a socket for all addresses reaches those of IPv4 and IPv6', async (t) => {
  const all = await UdpSocket.open('::', 0);
  const one = await UdpSocket.open('127.0.0.1', 0);
  t.teardown(() => Promise.all([all.close(), one.close()]));
  const there = once(one.observer, 'datagram');
  await all.send(Buffer.from('a'), '127.0.0.1', one.port);
  t.match((await there)[1], { port: all.port });
  const back = once(all.observer, 'datagram');
  await one.send(Buffer.from('b'), '127.0.0.1', all.port);
  t.strictSame((await back)[1], { address: '127.0.0.1', port: one.port });
});

t.test('an address of the other family, and port 0, are unreachable', async (t) => {
  const one = await UdpSocket.open('127.0.0.1', 0);
  t.teardown(() => one.close());
  await t.rejects(one.send(Buffer.from('a'), '::1', 5060), { code: 'unreachable' });
  await t.rejects(one.send(Buffer.from('a'), '127.0.0.1', 0), { code: 'unreachable' });
});
