import t from 'tap';
import { RecorderPool } from '../../src/ondemand/recorder-pool.ts';

const at = (port: number) => ({ ip: '10.0.0.5', port });
const ports = (reservation: { addresses: readonly { port: number }[] } | undefined) =>
  reservation?.addresses.map(({ port }) => port);
const everywhere = new Map<string, number | undefined>([
  ['fra', undefined],
  ['ams', 1],
]);

t.test('addresses are reserved in their order, all or none', async (t) => {
  const pool = new RecorderPool([at(1), at(2), at(3)], everywhere);
  const first = pool.reserve('fra', 2);
  t.strictSame(ports(first), [1, 2]);
  t.equal(pool.reserve('fra', 2), undefined);
  t.strictSame(ports(pool.reserve('fra', 1)), [3]);
  t.equal(pool.reserve('fra', 1), undefined);
  first?.release();
  first?.release();
  t.strictSame(ports(pool.reserve('fra', 2)), [1, 2]);
});

t.test('a location has a number of its own, or none', async (t) => {
  const pool = new RecorderPool([at(1), at(2), at(3)], everywhere);
  t.equal(pool.reserve('ams', 2), undefined);
  const one = pool.reserve('ams', 1);
  t.strictSame(ports(one), [1]);
  t.equal(pool.reserve('ams', 1), undefined);
  one?.release();
  t.ok(pool.reserve('ams', 1));
  t.equal(pool.reserve('nyc', 1), undefined, 'it has none');
});

t.test('another address replaces one that cannot be used, which nobody else gets meanwhile', async (t) => {
  const pool = new RecorderPool([at(1), at(2), at(3)], everywhere);
  const reservation = pool.reserve('fra', 1);
  t.strictSame(reservation?.takeAnother(), at(2));
  t.strictSame(ports(pool.reserve('fra', 1)), [3]);
  t.equal(reservation?.takeAnother(), undefined);
  reservation?.keep([at(2)]);
  t.strictSame(ports(reservation), [2]);
  t.strictSame(ports(pool.reserve('fra', 1)), [1]);
});

t.test('recorders that exist have their addresses, whatever the configuration is now', async (t) => {
  const pool = new RecorderPool([at(1), at(2)], everywhere);
  const claim = pool.claim('ams', [at(2), at(9)]);
  t.equal(pool.reserve('ams', 1), undefined);
  t.strictSame(ports(pool.reserve('fra', 1)), [1]);
  t.equal(pool.reserve('fra', 1), undefined);
  claim.release();
  t.strictSame(ports(pool.reserve('ams', 1)), [2]);
});
