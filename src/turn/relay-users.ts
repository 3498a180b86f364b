/** A peer that may use the relay. */
interface RelayUser {
  /** Its usernames have this expiry or a later one, in seconds since the Unix epoch; those of an earlier connection do not. */
  readonly firstExpiry: number;
  lastExpiry: number;
}

/**
 * The peers that are connected and the usernames (`<expiry>:<peer id>`) that are theirs. The same peer may come again: its usernames expire
 * later then, so that what it allocated before can be told apart.
 */
export class RelayUsers {
  readonly #users = new Map<string, RelayUser>();
  /** The last expiry of peers that have left, while a new connection could get the same. */
  readonly #departed = new Map<string, number>();

  has(peerId: string): boolean {
    return this.#users.has(peerId);
  }

  /** From now on the peer may use the relay. @param expiry of credentials that are made now @returns the one to use */
  expiryFor(peerId: string, expiry: number): number {
    for (const [departed, last] of this.#departed) if (last < expiry) this.#departed.delete(departed);
    const user = this.#users.get(peerId);
    const next = Math.max(expiry, user?.firstExpiry ?? (this.#departed.get(peerId) ?? 0) + 1);
    if (user) user.lastExpiry = Math.max(user.lastExpiry, next);
    else this.#users.set(peerId, { firstExpiry: next, lastExpiry: next });
    return next;
  }

  /** The connection of the peer has ended. Idempotent. */
  leave(peerId: string): void {
    const user = this.#users.get(peerId);
    if (!user) return;
    this.#users.delete(peerId);
    this.#departed.set(peerId, user.lastExpiry);
  }

  /** Whether credentials with this expiry belong to the present connection of the peer. */
  isCurrent(peerId: string, expiry: number): boolean {
    const user = this.#users.get(peerId);
    return user !== undefined && expiry >= user.firstExpiry;
  }
}
