import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import { AuthenticatedInvite } from './authenticated-invite.ts';
import { type ChallengeOptions, Challenges, credentialHeaders, isChallenge } from './challenges.ts';
import { RequestAttempts } from './request-attempts.ts';
import type { InviteTransaction, ReceivedResponse, SendOptions, Transactions } from './transaction.ts';

/**
 * Transactions with credentials: challenges are answered, and what is known from them is sent with the next requests at once. For the
 * requests of one registration or of one call.
 */
export class AuthenticatedTransactions implements Transactions {
  readonly #transactions: Transactions;
  readonly #challenges: Challenges;
  #lastInvite: InviteTransaction | undefined;

  constructor(transactions: Transactions, options: ChallengeOptions) {
    this.#transactions = transactions;
    this.#challenges = new Challenges(options);
  }

  /** `rejected` with 401 or 407: the credentials are refused, or somebody wants them who must not have them. */
  invite(request: SipRequest, hops: readonly Hop[], options: SendOptions = {}): InviteTransaction {
    this.#lastInvite = new AuthenticatedInvite(
      (attempts) => this.#transactions.invite(attempts.request, attempts.hops, options),
      this.#attempts(request, hops, options),
    );
    return this.#lastInvite;
  }

  async ask(request: SipRequest, hops: readonly Hop[], options: SendOptions = {}): Promise<ReceivedResponse> {
    const attempts = this.#attempts(request, hops, options);
    for (;;) {
      const received = await this.#transactions.ask(attempts.request, attempts.hops, options);
      if (!isChallenge(received)) {
        this.#challenges.renew(received);
        return received;
      }
      if (!attempts.answer(received)) throw new SipError('unauthorized', 'unauthorized', received.response.status);
    }
  }

  /** With the credentials of its INVITE, as they were (RFC 3261 section 22.1). */
  acknowledge(request: SipRequest, hops: readonly Hop[]): void {
    const invite = this.#lastInvite?.request.headers;
    const headers = new SipHeaders(request.headers);
    const same = invite?.get('call-id') === headers.get('call-id') && hops.every((hop) => this.#challenges.trusts(hop));
    for (const name of same ? credentialHeaders : []) {
      for (const value of invite?.all(name) ?? []) headers.append(name, value);
    }
    this.#transactions.acknowledge({ ...request, headers }, hops);
  }

  #attempts(request: SipRequest, hops: readonly Hop[], { nextSequence }: SendOptions): RequestAttempts {
    return new RequestAttempts(request, hops, this.#challenges, nextSequence);
  }
}
