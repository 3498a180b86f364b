import type {
  JoinAdmitted,
  JoinConference,
  JoinElsewhere,
  JoinOpen,
  JoinRefused,
} from '../../../api/scheduling/join-reply.ts';
import { type Identity, type JoinClient, ServerAwayError } from './join-client.ts';

/** Milliseconds between questions: they grow by a half each time. */
const firstPause = 1000;
const maxPause = 10_000;

/** Why somebody waits: everybody is let in at a time that is still to come, or the server does not respond. */
export type Waiting =
  | { readonly cause: 'early'; readonly from: Date; readonly conference: JoinConference | undefined }
  | { readonly cause: 'away' };

/** Asks to be let in, and goes on asking while waiting helps. */
export class Entrance {
  readonly #client: JoinClient;
  readonly #onWait: (waiting: Waiting) => void;

  /** @param onWait called before every pause */
  constructor(client: JoinClient, onWait: (waiting: Waiting) => void) {
    this.#client = client;
    this.#onWait = onWait;
  }

  /** Looks once, as soon as the server responds. */
  async look(identity: Identity, signal: AbortSignal): Promise<JoinOpen | JoinElsewhere | JoinRefused> {
    for (const pause of pauses()) {
      try {
        return await this.#client.state(identity);
      } catch (error) {
        await this.#pauseAfter(error, pause, signal);
      }
    }
    throw new Error('unreachable');
  }

  /** Joins as soon as this is possible. @returns a refusal when waiting does not help */
  async join(
    identity: Identity,
    ask: () => Promise<JoinAdmitted | JoinElsewhere | JoinRefused>,
    signal: AbortSignal,
  ): Promise<JoinAdmitted | JoinElsewhere | JoinRefused> {
    let early: Waiting | undefined;
    for (const pause of pauses()) {
      try {
        // While it is too early, looking is enough.
        const state = early && (await this.#client.state(identity));
        const reply = state?.error ? state : await ask();
        if (!reply.error) return reply;
        if (this.isEarly(reply))
          early = { cause: 'early', from: new Date(reply.from ?? ''), conference: reply.conference };
        else if (reply.reason !== 'tooManyRequests' || !early) return reply;
        await this.#pause(early, pause, signal);
      } catch (error) {
        await this.#pauseAfter(error, pause, signal);
      }
    }
    throw new Error('unreachable');
  }

  /** Whether somebody is refused only until a moment that is still to come. */
  isEarly({ reason, from = '' }: JoinRefused): boolean {
    return reason === 'outsideWindow' && Date.parse(from) > this.#client.now();
  }

  async #pauseAfter(error: unknown, pause: number, signal: AbortSignal): Promise<void> {
    if (!(error instanceof ServerAwayError)) throw error;
    await this.#pause({ cause: 'away' }, pause, signal);
  }

  /** @throws when the visitor does not wait any more */
  async #pause(waiting: Waiting, pause: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#onWait(waiting);
    await new Promise((resolve) => {
      setTimeout(resolve, pause);
      signal.addEventListener('abort', resolve);
    });
    signal.throwIfAborted();
  }
}

function* pauses(): Generator<number, never> {
  for (let pause = firstPause; ; pause = Math.min(pause * 1.5, maxPause)) yield pause;
}
