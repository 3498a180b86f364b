import t from 'tap';
import { listenAddresses } from '../../src/turn/listen-addresses.ts';

const interfaces = {
  lo: [{ address: '127.0.0.1' }, { address: '127.0.0.1' }, { address: '::1' }],
  eth0: [{ address: '10.0.0.5' }, { address: 'fe80::5' }, { address: 'fd00::5' }],
  eth1: undefined,
};

t.test('a given address stands for itself, 0.0.0.0 for all of IPv4, :: for all', async (t) => {
  t.same(listenAddresses('10.0.0.5', interfaces), ['10.0.0.5']);
  t.same(listenAddresses('0.0.0.0', interfaces), ['127.0.0.1', '10.0.0.5']);
  t.same(listenAddresses('::', interfaces), ['127.0.0.1', '::1', '10.0.0.5', 'fd00::5']);
});
