import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';

/** Networks of IPv6 addresses that embed an IPv4 address, and the position of its first byte. */
const networks = (
  [
    // IPv4-mapped, RFC 4291 2.5.5.2
    ['::ffff:0:0/96', 12],
    // IPv4-compatible, RFC 4291 2.5.5.1
    ['::/96', 12],
    // IPv4-translated, RFC 2765 2.1
    ['::ffff:0:0:0/96', 12],
    // NAT64, RFC 6052 2.1
    ['64:ff9b::/96', 12],
    // 6to4, RFC 3056 2
    ['2002::/16', 2],
    // Teredo, RFC 4380 4: the server
    ['2001::/32', 4],
  ] as const
).map(([network, position]) => ({ network: ipaddr.IPv6.parseCIDR(network), position }));
const teredo = ipaddr.IPv6.parseCIDR('2001::/32');
const loopback = ipaddr.IPv6.parse('::1');

/** The IPv4 addresses that packets to `address` may reach through translation or a tunnel. */
export function embeddedAddresses(address: IPv6): IPv4[] {
  if (address.match(loopback, 128)) return [];
  const bytes = address.toByteArray();
  const pick = (position: number): IPv4 => new ipaddr.IPv4(bytes.slice(position, position + 4));
  const found = networks.filter(({ network }) => address.match(network)).map(({ position }) => pick(position));
  if (address.match(teredo)) found.push(new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff)));
  if (isIsatap(bytes)) found.push(pick(12));
  return found;
}

/** Interface identifier 0000:5efe or 0200:5efe, RFC 5214 6.1; in any network. */
function isIsatap(bytes: readonly number[]): boolean {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}
