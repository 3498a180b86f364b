import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { requireFreePort } from '../../src/turn/free-port.ts';

t.test('a UDP port in use is refused, a free one is accepted', async (t) => {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, '0.0.0.0');
  await listening;
  const { port } = socket.address();
  await t.rejects(requireFreePort('udp', '127.0.0.1', port, 'X_PORT'), {
    name: 'TurnError',
    message: `TURN cannot listen on UDP 127.0.0.1 port ${port}: it is in use. Stop what uses it or change X_PORT.`,
  });
  socket.close();
  await once(socket, 'close');
  await requireFreePort('udp', '127.0.0.1', port, 'X_PORT');
});

t.test('a TCP port in use and an address of another host are refused, a free port is accepted', async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await t.rejects(requireFreePort('tcp', '127.0.0.1', port, 'X_PORT'), { message: /TCP .* in use.* change X_PORT/ });
  server.close();
  await once(server, 'close');
  await requireFreePort('tcp', '127.0.0.1', port, 'X_PORT');
  await t.rejects(requireFreePort('tcp', '192.0.2.1', port, 'X_PORT'), { message: /no such address/ });
});
