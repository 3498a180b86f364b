import t from 'tap';
import { RecentAddresses } from '../../../../src/component/sip/transport/recent-addresses.ts';

t.test('the latest addresses are kept', async (t) => {
  const addresses = new RecentAddresses(2);
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '2001:db8::3']) addresses.add(address);
  t.ok(addresses.has('192.0.2.1'));
  t.ok(addresses.has('2001:db8::3'));
  t.notOk(addresses.has('192.0.2.2'));
});
