import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';

/** IPv4 and IPv6 networks in CIDR form. */
export class NetworkList {
  readonly #networks: readonly [IPv4 | IPv6, number][];

  /** @throws Error when one of them is not a network */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map((network) => ipaddr.parseCIDR(network));
  }

  has(address: IPv4 | IPv6): boolean {
    return this.#networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }
}
