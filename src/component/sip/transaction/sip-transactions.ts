import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../clock/clock.ts';
import { branchOf, sequenceOf, viasOf } from '../message/header-values.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import type { SipTransport } from '../transport/sip-transport.ts';
import { ClientInvite } from './client-invite.ts';
import { ClientRequest } from './client-request.ts';
import { newBranch, withVia } from './sent-request.ts';
import type { InviteTransaction, ReceivedResponse, SendOptions, Transactions } from './transaction.ts';
import { responseKey, type TransactionContext } from './transaction-context.ts';

export interface SipTransactionsOptions {
  readonly transport: SipTransport;
  readonly clock: Clock;
  /** Makes a word that nobody can guess, for branches and tags. */
  readonly token?: () => string;
}

/** All transactions over one transport. Whoever receives its messages passes them on. */
export class SipTransactions implements Transactions {
  readonly #context: TransactionContext;
  #closed = false;

  constructor({ transport, clock, token = randomToken }: SipTransactionsOptions) {
    this.#context = { transport, clock, token, waiting: new Map() };
  }

  invite(request: SipRequest, hops: readonly Hop[], options: SendOptions = {}): InviteTransaction {
    return new ClientInvite(this.#context, request, this.#closed ? [] : hops, options);
  }

  async ask(request: SipRequest, hops: readonly Hop[], options: SendOptions = {}): Promise<ReceivedResponse> {
    if (this.#closed) throw new SipError('closed');
    return await new ClientRequest(this.#context, request, hops, options).response;
  }

  acknowledge(request: SipRequest, hops: readonly Hop[]): void {
    const [hop] = hops;
    if (!hop || this.#closed) return;
    const sent = withVia(this.#context, request, hop, newBranch(this.#context));
    this.#context.transport.send(sent, hop).catch(() => this.acknowledge(request, hops.slice(1)));
  }

  /** Takes a response. @returns false: nobody waits for it, and it is ignored */
  receiveResponse(response: SipResponse): boolean {
    const key = responseKey(branchOf(response.headers) ?? '', sequenceOf(response.headers)?.method ?? '');
    const receiver = this.#context.waiting.get(key);
    // more than one Via: it is not for us (RFC 3261 section 8.1.3.3)
    if (!receiver || viasOf(response.headers)?.length !== 1) return false;
    receiver.receive(response);
    return true;
  }

  /** A connection to this hop was lost. */
  disconnected(hop: Hop): void {
    for (const receiver of [...this.#context.waiting.values()]) receiver.disconnected(hop);
  }

  /** Ends all transactions: what waits for a response fails with SipError closed. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const receiver of [...this.#context.waiting.values()]) receiver.fail(new SipError('closed'));
  }
}

/** 96 random bits. */
export function randomToken(): string {
  return randomBytes(12).toString('hex');
}
