import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { embeddedAddresses } from './embedded-addresses.ts';
import { NetworkList } from './network-list.ts';

/** No list of the operator opens these: nothing that is worth asking for listens there, but a cloud's credentials do. */
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
  // NAT64 of local use, RFC 8215: where the IPv4 address stands in it, only its translator knows
  '64:ff9b:1::/48',
]);

export interface AddressGuardOptions {
  /** Networks (CIDR) that may be reached although they are in `deny`. */
  readonly allow?: readonly string[];
  /** Networks (CIDR) that must not be reached. */
  readonly deny?: readonly string[];
}

/**
 * Which addresses outgoing requests may reach: never link-local, metadata, unspecified and multicast ones; of the rest,
 * loopback and private networks included, all that are not denied or that are allowed all the same. An IPv6 address
 * with an IPv4 address inside must pass with both.
 */
export class AddressGuard {
  readonly #allow: NetworkList;
  readonly #deny: NetworkList;

  /** @throws Error when an entry is not a network */
  constructor({ allow = [], deny = [] }: AddressGuardOptions = {}) {
    this.#allow = new NetworkList(allow);
    this.#deny = new NetworkList(deny);
  }

  /** @param address in any spelling; what is not an address is not permitted */
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
