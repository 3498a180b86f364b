import dns, { type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { embeddedAddresses } from './embedded-addresses.ts';
import { NetworkList } from './network-list.ts';
import { OutboundError } from './outbound-error.ts';

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

/** The part of `dns.lookup` that is used, so that a test can replace it. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface AddressGuardOptions {
  /** Networks (CIDR) that may be reached although they are in `deny`. */
  readonly allow?: readonly string[];
  /** Networks (CIDR) that must not be reached. */
  readonly deny?: readonly string[];
  /** @defaultValue the system's resolver */
  readonly resolve?: Resolve;
}

/**
 * Decides which addresses outgoing requests may reach. Link-local, metadata, unspecified and multicast addresses are always
 * refused. Any other address, loopback and private networks included, is permitted unless it is in `deny` and not in `allow`.
 * An IPv6 address that embeds an IPv4 address is permitted only if both are.
 */
export class AddressGuard {
  readonly #allow: NetworkList;
  readonly #deny: NetworkList;
  readonly #resolve: Resolve;

  /** @throws Error when an entry is not a network */
  constructor({ allow = [], deny = [], resolve = dns.lookup }: AddressGuardOptions = {}) {
    this.#allow = new NetworkList(allow);
    this.#deny = new NetworkList(deny);
    this.#resolve = resolve;
  }

  /** @param address in any notation; anything else is not permitted */
  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    const embedded = parsed.kind() === 'ipv6' ? embeddedAddresses(parsed as IPv6) : [];
    return [parsed, ...embedded].every((each) => this.#permitsOne(each));
  }

  /** Whether a connection to this host may be tried: addresses are checked here, those of a name by {@link lookup}. */
  permitsHost(host: string): boolean {
    return isIP(host) === 0 || this.permits(host);
  }

  /**
   * A lookup for `net.connect` that returns permitted addresses only. The connection uses exactly these, so a name that
   * resolves to another address a moment later (DNS rebinding) cannot bypass the check.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const permitted = addresses.filter(({ address }) => this.permits(address));
      const [first] = permitted;
      if (!first) return callback(new OutboundError('refusedAddress', { host: hostname }), []);
      if (options.all) return callback(null, permitted);
      callback(null, first.address, first.family);
    });
  };

  #permitsOne(address: IPv4 | IPv6): boolean {
    if (alwaysRefused.has(address)) return false;
    return !this.#deny.has(address) || this.#allow.has(address);
  }
}
