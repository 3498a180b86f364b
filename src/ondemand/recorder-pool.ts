import { type RecorderAddress, writeAddress } from './recorder-address.ts';

/** What a deployment has of the pool. */
export interface Reservation {
  readonly addresses: readonly RecorderAddress[];
  /** Takes one more address, instead of one that cannot be used. @returns undefined when there is none */
  takeAnother(): RecorderAddress | undefined;
  /** Gives back all addresses but these. */
  keep(addresses: readonly RecorderAddress[]): void;
  /** Gives everything back. Idempotent. */
  release(): void;
}

/** The addresses that recorders of this server can have, and how many of them each location may use at a time. */
export class RecorderPool {
  readonly #addresses: readonly RecorderAddress[];
  readonly #capacities: ReadonlyMap<string, number | undefined>;
  readonly #taken = new Set<string>();
  /** Recorders by location. */
  readonly #used = new Map<string, number>();

  /** @param addresses those that are given away first in front @param capacities of each location; undefined: the whole pool */
  constructor(addresses: readonly RecorderAddress[], capacities: ReadonlyMap<string, number | undefined>) {
    this.#addresses = addresses;
    this.#capacities = capacities;
  }

  /** Reserves addresses for new recorders: all or none. @returns undefined when the location has too few */
  reserve(location: string, count: number): Reservation | undefined {
    if (!this.#capacities.has(location)) return undefined;
    const capacity = this.#capacities.get(location) ?? Number.POSITIVE_INFINITY;
    const free = this.#free.slice(0, count);
    if (free.length < count || this.#usedIn(location) + count > capacity) return undefined;
    return this.claim(location, free);
  }

  /** Reserves the addresses of recorders that exist, whatever the configuration says now. */
  claim(location: string, addresses: readonly RecorderAddress[]): Reservation {
    const own = new Map<string, RecorderAddress>();
    const take = (address: RecorderAddress) => {
      own.set(writeAddress(address), address);
      this.#taken.add(writeAddress(address));
    };
    const giveBack = (key: string) => {
      own.delete(key);
      this.#taken.delete(key);
    };
    for (const address of addresses) take(address);
    let count = addresses.length;
    this.#used.set(location, this.#usedIn(location) + count);
    return {
      get addresses() {
        return [...own.values()];
      },
      takeAnother: () => {
        const [address] = this.#free;
        if (address) take(address);
        return address;
      },
      keep: (kept) => {
        const keys = new Set(kept.map(writeAddress));
        for (const key of [...own.keys()]) if (!keys.has(key)) giveBack(key);
      },
      release: () => {
        for (const key of [...own.keys()]) giveBack(key);
        this.#used.set(location, this.#usedIn(location) - count);
        count = 0;
      },
    };
  }

  get #free(): RecorderAddress[] {
    return this.#addresses.filter((address) => !this.#taken.has(writeAddress(address)));
  }

  #usedIn(location: string): number {
    return this.#used.get(location) ?? 0;
  }
}
