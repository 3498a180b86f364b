import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import { type RelayAllocation, readAllocations } from './console-output.ts';
import type { RelayUsers } from './relay-users.ts';
import type { TurnConsole } from './turn-console.ts';

/** Time between two looks at all allocations, in ms. */
const sweepInterval = 2000;
/** Looks that fail one after the other until it is logged: a TURN server that has ended or starts again has nothing to tell. */
const maxFailures = 3;

export interface RelayAllocationsOptions {
  readonly console: Pick<TurnConsole, 'run'>;
  readonly users: RelayUsers;
  /** Maximum number of allocations of one peer. */
  readonly maxPerPeer: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The allocations of the embedded TURN server. coturn keeps one for ten minutes when its client is gone, so they are ended here: with the
 * connection of their peer, and when an ICE restart of the peer has replaced them.
 */
export class RelayAllocations {
  readonly #options: RelayAllocationsOptions;
  readonly #interval: Interval;
  /** By connected peer: the allocations that it had when it last restarted ICE. */
  readonly #seen = new Map<string, ReadonlySet<string>>();
  /** Connected peers with the maximum number of allocations. */
  readonly #full = new Set<string>();
  #count = 0;
  /** Looks that have failed since the last one that did not. */
  #failures = 0;
  #closed = false;

  constructor(options: RelayAllocationsOptions) {
    this.#options = options;
    this.#interval = new Interval(options.clock, sweepInterval, () => this.#sweep());
  }

  /** Number of allocations, at most two seconds old. */
  get count(): number {
    return this.#count;
  }

  /** Ends the allocations of a peer whose connection has ended. */
  async left(peerId: string): Promise<void> {
    this.#seen.delete(peerId);
    this.#full.delete(peerId);
    await this.#try(async () => await this.#endOld(await this.#list(peerId)));
  }

  /**
   * Ends the allocations that the ICE restart of a peer has replaced: those that it already had at the restart before. Later ones stay, as
   * they may be of this restart.
   * @param port remote port of its media, which stays, too
   */
  async restarted(peerId: string, port: number): Promise<void> {
    await this.#try(async () => {
      const own = await this.#list(peerId);
      const seen = this.#seen.get(peerId);
      if (this.#options.users.has(peerId)) this.#seen.set(peerId, new Set(own.map(({ id }) => id)));
      await this.#end(own.filter(({ id, relayPort }) => seen?.has(id) && relayPort !== port));
    });
  }

  /** Waits for a running look at the allocations. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#interval.close();
  }

  /** For what a peer allocates after it has left, and for what another command failed to end. */
  async #sweep(): Promise<void> {
    const err = await this.#try(async () => {
      const all = await this.#list();
      this.#count = all.length;
      this.#reportFull(all);
      await this.#endOld(all);
    });
    this.#failures = err === undefined ? 0 : this.#failures + 1;
    if (this.#closed || this.#failures !== maxFailures) return;
    this.#options.logger.error(
      { err },
      'The allocations of the TURN server cannot be read: relay ports of departed peers stay taken.',
    );
  }

  #reportFull(all: readonly RelayAllocation[]): void {
    const { maxPerPeer, users, logger } = this.#options;
    const counts = new Map<string, number>();
    for (const { peerId } of all) counts.set(peerId, (counts.get(peerId) ?? 0) + 1);
    for (const peerId of this.#full) if ((counts.get(peerId) ?? 0) < maxPerPeer) this.#full.delete(peerId);
    for (const [peerId, allocations] of counts) {
      if (allocations < maxPerPeer || this.#full.has(peerId) || !users.has(peerId)) continue;
      this.#full.add(peerId);
      logger.warn({ peerId, allocations }, 'A peer has as many relay allocations as it may have.');
    }
  }

  /** @param peerId of whom; absent: of all */
  async #list(peerId = ''): Promise<RelayAllocation[]> {
    const all = readAllocations(await this.#options.console.run(`psp :${peerId}`));
    return peerId === '' ? all : all.filter((allocation) => allocation.peerId === peerId);
  }

  /** Ends those that belong to no present connection. */
  async #endOld(allocations: readonly RelayAllocation[]): Promise<void> {
    const { users } = this.#options;
    await this.#end(allocations.filter(({ peerId, expiry }) => !users.isCurrent(peerId, expiry)));
  }

  async #end(allocations: readonly RelayAllocation[]): Promise<void> {
    for (const { id } of allocations) {
      await this.#options.console.run(`cs ${id}`);
      this.#count = Math.max(0, this.#count - 1);
    }
  }

  /** What fails is tried again with the next sweep. @returns the error */
  async #try(work: () => Promise<void>): Promise<unknown> {
    try {
      await work();
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
