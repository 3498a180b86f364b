import ipaddr from 'ipaddr.js';
import t from 'tap';
import { embeddedAddresses } from '../../src/net/embedded-addresses.ts';

const table: readonly [string, readonly string[]][] = [
  ['::1', []],
  ['2001:db8::1', []],
  ['::ffff:192.0.2.1', ['192.0.2.1']],
  ['::192.0.2.1', ['192.0.2.1']],
  ['::ffff:0:192.0.2.1', ['192.0.2.1']],
  ['64:ff9b::192.0.2.1', ['192.0.2.1']],
  ['2002:c000:201::', ['192.0.2.1']],
  ['2001:0:c000:201::3fff:fdfd', ['192.0.2.1', '192.0.2.2']],
  ['2001:db8::5efe:192.0.2.1', ['192.0.2.1']],
];

for (const [address, inside] of table) {
  t.test(`${address} embeds ${inside.join(', ') || 'none'}`, (t) => {
    t.strictSame(embeddedAddresses(ipaddr.IPv6.parse(address)).map(String), inside);
    t.end();
  });
}
