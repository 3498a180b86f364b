import { sequenceOf } from '../message/header-values.ts';
import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest } from '../message/sip-message.ts';
import type { Hop } from '../transport/hop.ts';
import type { Challenges } from './challenges.ts';
import type { ReceivedResponse } from './transaction.ts';

/** How often one request is sent, whatever is requested. */
const maxSends = 8;

/** One request that is sent again as long as it is challenged and the challenges can be answered. */
export class RequestAttempts {
  #request: SipRequest;
  #hops: readonly Hop[];
  readonly #challenges: Challenges;
  readonly #nextSequence: (() => number) | undefined;
  /** By realm. */
  readonly #answered = new Map<string, number>();
  #sends = 1;

  constructor(request: SipRequest, hops: readonly Hop[], challenges: Challenges, nextSequence?: () => number) {
    this.#request = request;
    this.#hops = hops;
    this.#challenges = challenges;
    this.#nextSequence = nextSequence;
  }

  /** What is to be sent next, with the credentials that are known to be requested. */
  get request(): SipRequest {
    return this.#challenges.authorized(this.#request, this.#hops);
  }

  get hops(): readonly Hop[] {
    return this.#hops;
  }

  /** Takes a challenge and makes {@link request} ready for it. @returns false when it is not answered */
  answer({ response, hop }: ReceivedResponse): boolean {
    if (this.#sends >= maxSends || !this.#challenges.take(response, hop, this.#answered)) return false;
    this.#sends += 1;
    const headers = new SipHeaders(this.#request.headers);
    const number = this.#nextSequence?.() ?? (sequenceOf(headers)?.number ?? 0) + 1;
    headers.set('cseq', `${number} ${this.#request.method}`);
    this.#request = { ...this.#request, headers };
    // the one who knows the nonce is asked first
    this.#hops = [hop, ...this.#hops.filter((each) => each !== hop)];
    return true;
  }
}
