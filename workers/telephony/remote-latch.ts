/** An IP literal and a port. */
export interface RemoteAddress {
  readonly address: string;
  readonly port: number;
}

/** After so long without a packet the phone may send from elsewhere, in ms. */
const silence = 2000;

/**
 * Finds the phone behind its NAT: its packets come from where the first one came from, whatever the session description says. Everyone else
 * is a stranger. Which packets are those of a phone at all, by payload type and keys, is judged by the caller.
 */
export class RemoteLatch {
  /** By the session description. */
  #described: RemoteAddress | undefined;
  #latched: RemoteAddress | undefined;
  #at = 0;
  #authenticated = false;

  /** Where packets for the phone go to. */
  get remote(): RemoteAddress | undefined {
    return this.#latched ?? this.#described;
  }

  /** Whether a packet has come. */
  get latched(): boolean {
    return this.#latched !== undefined;
  }

  /**
   * What offer and answer say. Another address than before lets go of the phone that was found.
   * @param authenticated whether only the phone can make packets: then it may come back from another address
   */
  describe({ address, port }: RemoteAddress, authenticated: boolean): void {
    this.#authenticated = authenticated;
    if (this.#described && same(this.#described, { address, port })) return;
    this.#described = { address, port };
    this.#latched = undefined;
  }

  /** Whether a packet may be one of the phone. @param now in ms of a monotonic clock */
  permits(from: RemoteAddress, now: number): boolean {
    const latched = this.#latched;
    if (!this.#described) return false;
    if (!latched || same(latched, from)) return true;
    // whoever was quicker than the phone was not it
    if (same(this.#described, from)) return !same(this.#described, latched);
    return now - this.#at > silence && (this.#authenticated || from.address === latched.address);
  }

  /** A permitted packet was one of the phone. */
  take(from: RemoteAddress, now: number): void {
    this.#at = now;
    if (!this.#latched || !same(this.#latched, from)) this.#latched = { address: from.address, port: from.port };
  }
}

function same(one: RemoteAddress, other: RemoteAddress): boolean {
  return one.port === other.port && one.address === other.address;
}
