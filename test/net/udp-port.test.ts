import { once } from 'node:events';
import t from 'tap';
import { bindUdpPort, closeUdpPort } from '../../src/net/udp-port.ts';

t.test('a port is bound once', async (t) => {
  const socket = await bindUdpPort({ family: 'udp4', address: '127.0.0.1', port: 0 });
  if (!socket) return t.fail('no port');
  const { port, address } = socket.address();
  t.equal(address, '127.0.0.1');
  t.equal(await bindUdpPort({ family: 'udp4', address: '127.0.0.1', port }), undefined);
  await closeUdpPort(socket);
  const again = await bindUdpPort({ family: 'udp4', address: '127.0.0.1', port });
  t.equal(again?.address().port, port);
  if (again) await closeUdpPort(again);
});

t.test('what is no address of this machine, or no port, is not bound', async (t) => {
  t.equal(await bindUdpPort({ family: 'udp4', address: '192.0.2.1', port: 0 }), undefined);
  t.equal(await bindUdpPort({ family: 'udp4', port: 65_536 }), undefined);
});

t.test('names are not looked up: nothing is sent to one, and nothing is thrown', async (t) => {
  const socket = await bindUdpPort({ family: 'udp4', address: '127.0.0.1', port: 0 });
  if (!socket) return t.fail('no port');
  const sent = new Promise((resolve) => socket.send('x', 9, 'localhost', resolve));
  t.ok((await sent) instanceof Error);
  socket.send('x', 9, 'localhost');
  await closeUdpPort(socket);
});

t.test('a socket of IPv6 reaches an address of IPv4', async (t) => {
  const [both, four] = await Promise.all([
    bindUdpPort({ family: 'udp6', address: '::', port: 0 }),
    bindUdpPort({ family: 'udp4', address: '127.0.0.1', port: 0 }),
  ]);
  if (four && both) {
    const received = once(four, 'message');
    both.send('to IPv4', four.address().port, '127.0.0.1');
    t.equal(String((await received)[0]), 'to IPv4');
  } else t.comment('this machine has no IPv6');
  await Promise.all([both, four].map((socket) => socket && closeUdpPort(socket)));
});
