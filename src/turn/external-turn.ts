import { type Clock, systemClock } from '../clock/clock.ts';
import type { ExternalTurnAddress, ExternalTurnAuth } from '../config/turn.ts';
import { type TurnCredentials, type TurnEntry, timeLimitedCredentials, uriHost } from './turn-credentials.ts';

/** TURN servers that are not part of this server. */
export class ExternalTurn implements TurnCredentials {
  readonly #servers: readonly ExternalTurnAddress[];
  readonly #auth: ExternalTurnAuth;
  readonly #clock: Clock;

  constructor(servers: readonly ExternalTurnAddress[], auth: ExternalTurnAuth, clock: Clock = systemClock) {
    this.#servers = servers;
    this.#auth = auth;
    this.#clock = clock;
  }

  entriesFor(peerId: string): TurnEntry[] {
    const credentials = this.#credentials(peerId);
    return this.#servers.map(({ host, port, transport }) => ({
      serverAddr: uriHost(host),
      serverPort: port,
      transport,
      ...credentials,
    }));
  }

  /** Does nothing: the allocations of other servers cannot be ended from here. */
  left(): void {}

  /** Does nothing, like {@link left}. */
  restarted(): void {}

  /** Does nothing: no resources are held. */
  async close(): Promise<void> {}

  #credentials(peerId: string): Pick<TurnEntry, 'username' | 'password'> {
    if (this.#auth.kind === 'fixed') {
      return { username: this.#auth.username, password: this.#auth.password.reveal() };
    }
    return timeLimitedCredentials(this.#auth.secret.reveal(), peerId, this.#clock.now());
  }
}
