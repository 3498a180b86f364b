import type { TurnCredentials } from './turn-credentials.ts';
import type { TurnEntry } from './turn-entry.ts';

/** No TURN server. Clients that can connect only through a relay will not connect. */
export class NoTurn implements TurnCredentials {
  entriesFor(): TurnEntry[] {
    return [];
  }

  async close(): Promise<void> {}
}
