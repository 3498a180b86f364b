import t from 'tap';
import { isLoopback, isUnspecified } from '../../src/net/address-range.ts';

t.test('addresses of this host only, and those that mean all of them', async (t) => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) t.ok(isLoopback(address), address);
  for (const address of ['10.0.0.1', '0.0.0.0', '::', 'localhost', '127.1', '127.0.0.1.example']) {
    t.notOk(isLoopback(address), address);
  }
  for (const address of ['0.0.0.0', '::']) t.ok(isUnspecified(address), address);
  for (const address of ['127.0.0.1', '::1', '0', '']) t.notOk(isUnspecified(address), address);
});
