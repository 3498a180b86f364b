import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { guardedLookup } from '../../src/net/guarded-lookup.ts';

const guard = new AddressGuard();

/** What a lookup of a name with these addresses hands to `net.connect`. */
function lookUp(answer: LookupAddress[] | NodeJS.ErrnoException, options: { all?: boolean }): Promise<unknown[]> {
  const lookup = guardedLookup(guard, (_name, _options, callback) =>
    answer instanceof Error ? callback(answer, []) : callback(null, answer),
  );
  return new Promise((resolve) => lookup('receiver.test', options, (...values) => resolve(values)));
}

const good = { address: '192.0.2.1', family: 4 };
const bad = { address: '169.254.169.254', family: 4 };
const mapped = { address: '::ffff:169.254.169.254', family: 6 };

t.test('a lookup returns permitted addresses only', async (t) => {
  t.strictSame(await lookUp([bad, good, mapped], { all: true }), [null, [good]]);
  t.strictSame(await lookUp([bad, good], {}), [null, good.address, 4]);
});

t.test('a name without permitted addresses is refused', async (t) => {
  for (const all of [true, false]) t.match(await lookUp([bad, mapped], { all }), [{ code: 'refusedAddress' }]);
});

t.test('errors of the resolver are passed on', async (t) => {
  const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  t.match(await lookUp(error, { all: true }), [error]);
});
