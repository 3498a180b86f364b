import type { TurnEntry } from './turn-entry.ts';

/** Whoever can give peers a relay: our own coturn, one outside, or none. */
export interface TurnCredentials {
  /** The relays that a peer may use, with credentials of its own; empty when there are none. */
  entriesFor(peerId: string): TurnEntry[];
  /** Idempotent. */
  close(): Promise<void>;
}
