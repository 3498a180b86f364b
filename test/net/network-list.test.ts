import ipaddr from 'ipaddr.js';
import t from 'tap';
import { NetworkList } from '../../src/net/network-list.ts';

t.test('a list has IPv4 and IPv6 networks, each matching its own family only', (t) => {
  const list = new NetworkList(['10.0.0.0/8', '2001:db8::/32']);
  t.ok(list.has(ipaddr.parse('10.9.8.7')));
  t.ok(list.has(ipaddr.parse('2001:db8::1')));
  t.notOk(list.has(ipaddr.parse('11.0.0.1')));
  t.notOk(list.has(ipaddr.parse('2001:db9::1')));
  t.notOk(list.has(ipaddr.parse('::ffff:10.9.8.7')), 'a mapped address is an IPv6 address here');
  t.end();
});

t.test('an empty list has no address', (t) => {
  t.notOk(new NetworkList([]).has(ipaddr.parse('10.0.0.1')));
  t.end();
});
