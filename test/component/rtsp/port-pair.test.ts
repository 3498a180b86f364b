import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { closePortPair, openPortPair } from '../../../src/component/rtsp/port-pair.ts';

t.test('a free pair is an even port and the next one', async (t) => {
  const first = await openPortPair('udp4', { port: 0, exact: false });
  t.teardown(() => closePortPair(first));
  t.equal(first.rtcp.address().port, first.rtp.address().port + 1);
  const taken = first.rtp.address().port;
  const second = await openPortPair('udp4', { port: taken, exact: false });
  t.teardown(() => closePortPair(second));
  t.equal(second.rtp.address().port % 2, 0);
  t.equal(second.rtcp.address().port, second.rtp.address().port + 1);
});

t.test('the requested port is used, or none', async (t) => {
  const other = createSocket('udp4').bind(0);
  await once(other, 'listening');
  const { port } = other.address();
  await t.rejects(openPortPair('udp4', { port, exact: true }), { code: 'port_in_use' });
  await new Promise<void>((resolve) => other.close(() => resolve()));
  const pair = await openPortPair('udp4', { port, exact: true });
  t.equal(pair.rtp.address().port, port);
  await closePortPair(pair);
});

t.test('the last port of all has no pair', async (t) => {
  const pair = await openPortPair('udp4', { port: 65_535, exact: false });
  t.ok(pair.rtcp.address().port > 0);
  await closePortPair(pair);
});
