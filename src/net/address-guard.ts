import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { embeddedAddresses } from './embedded-addresses.ts';
import { NetworkList } from './network-list.ts';

/** Refused whatever the operator's lists say: no wanted server has such an address, but a cloud's metadata service does. */
const alwaysRefused = new NetworkList([
  // unspecified; "this host"
  '0.0.0.0/8',
  '::/128',
  // link-local, with the metadata services of most clouds on 169.254.169.254
  '169.254.0.0/16',
  'fe80::/10',
  // multicast, broadcast
  '224.0.0.0/4',
  '255.255.255.255/32',
  'ff00::/8',
  // metadata services elsewhere: Alibaba, Oracle, Azure, AWS, Google, Scaleway
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fd00:42::42/128',
  // local-use NAT64, RFC 8215: the position of the IPv4 address in it depends on the network
  '64:ff9b:1::/48',
]);

export interface AddressGuardOptions {
  /** Networks (CIDR) that may be reached although they are in `deny`. */
  readonly allow?: readonly string[];
  /** Networks (CIDR) that must not be reached. */
  readonly deny?: readonly string[];
}

/**
 * Decides which addresses outgoing requests may reach. Link-local, metadata, unspecified and multicast addresses are always
 * refused. Any other address, loopback and private networks included, is permitted unless it is in `deny` and not in `allow`.
 * An IPv6 address that embeds an IPv4 address is permitted only if both are.
 */
export class AddressGuard {
  readonly #allow: NetworkList;
  readonly #deny: NetworkList;

  /** @throws Error when an entry is not a network */
  constructor({ allow = [], deny = [] }: AddressGuardOptions = {}) {
    this.#allow = new NetworkList(allow);
    this.#deny = new NetworkList(deny);
  }

  /** @param address in any notation; anything else is not permitted */
  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    const embedded = parsed.kind() === 'ipv6' ? embeddedAddresses(parsed as IPv6) : [];
    return [parsed, ...embedded].every((each) => this.#permitsOne(each));
  }

  #permitsOne(address: IPv4 | IPv6): boolean {
    if (alwaysRefused.has(address)) return false;
    return !this.#deny.has(address) || this.#allow.has(address);
  }
}
