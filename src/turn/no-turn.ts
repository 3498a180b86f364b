import type { TurnCredentials } from './turn-credentials.ts';
import type { TurnEntry } from './turn-entry.ts';

/** No relay at all. Clients that connect through a relay only will not connect. */
export class NoTurn implements TurnCredentials {
  entriesFor(): TurnEntry[] {
    return [];
  }

  async close(): Promise<void> {}
}
