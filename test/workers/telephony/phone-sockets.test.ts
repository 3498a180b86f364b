import t from 'tap';
import { PhoneSockets } from '../../../workers/telephony/phone-sockets.ts';
import { PortBlock } from '../../port-block.ts';

t.test('each call has an even port and the next one, until all are taken', async (t) => {
  const { min } = await PortBlock.claim(t);
  const first = min + (min % 2);
  const options = { listenAddress: '127.0.0.1', ports: { min: first - 1, max: first + 6 } };
  const sockets = await Promise.all([1, 2, 3].map(() => PhoneSockets.open(options)));
  t.teardown(() => Promise.all(sockets.map((each) => each.close())));
  t.same(sockets.map(({ port }) => port).sort(), [first, first + 2, first + 4]);
  t.ok(sockets.every(({ port, rtcp }) => rtcp.address().port === port + 1));
  await t.rejects(PhoneSockets.open(options), { code: 'no_port' });

  await Promise.all([sockets[1]?.close(), sockets[1]?.close()]);
  const again = await PhoneSockets.open({ ...options, port: sockets[1]?.port ?? 0 });
  t.teardown(() => again.close());
  t.equal(again.port, sockets[1]?.port);
  await t.rejects(PhoneSockets.open({ ...options, port: sockets[0]?.port ?? 0 }), { code: 'no_port' });
});

t.test('a range without a pair has no port', async (t) => {
  for (const ports of [
    { min: 21_000, max: 21_000 },
    { min: 21_001, max: 21_002 },
    { min: 5, max: 4 },
  ]) {
    await t.rejects(PhoneSockets.open({ listenAddress: '127.0.0.1', ports }), { code: 'no_port' });
  }
});
