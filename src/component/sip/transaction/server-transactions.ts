import { toTagOf } from '../message/header-values.ts';
import { outgoingResponse } from '../message/outgoing-response.ts';
import type { SipRequest } from '../message/sip-message.ts';
import type { Hop } from '../transport/hop.ts';
import { inviteKey, requestKey, type ServerContext } from './server-context.ts';
import { ServerInvite } from './server-invite.ts';
import { ServerRequest } from './server-request.ts';
import type { ServerTransaction } from './transaction.ts';

/** Requests of dialogs and accounts only. */
const maxTransactions = 2000;

/** The requests that we received and that are worth a state. */
export class ServerTransactions {
  readonly #context: ServerContext;
  /** By {@link requestKey}. */
  readonly #all = new Map<string, ServerInvite | ServerRequest>();
  /** By {@link inviteKey}: several if a call was forked to several accounts of ours. */
  readonly #invites = new Map<string, readonly ServerInvite[]>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /**
   * Takes what belongs to a transaction: a repetition, an ACK or a CANCEL.
   * @returns false: it is something new, or an ACK or a CANCEL that nobody waits for
   */
  receive(request: SipRequest, from: Hop): boolean {
    const transaction = this.#all.get(requestKey(request));
    const invite = transaction instanceof ServerInvite ? transaction : undefined;
    if (request.method === 'ACK') return this.#acknowledge(request, invite);
    if (request.method === 'CANCEL') return this.#cancel(request, from, invite);
    transaction?.repeat();
    return transaction !== undefined;
  }

  /**
   * Whether a new INVITE is a copy of one that is there already, on another way (RFC 3261 section 8.2.2.2). Forks to different addresses
   * are none: each of our accounts is a telephone of its own.
   */
  isMerged(request: SipRequest): boolean {
    return request.method === 'INVITE' && this.#forksOf(request).some((each) => each.request.uri === request.uri);
  }

  /** Makes a transaction of a new request; the oldest one that is over ends for it. @returns undefined when too many are not over */
  serve(request: SipRequest, from: Hop): ServerTransaction | undefined {
    if (this.#all.size >= maxTransactions) this.#makeRoom();
    if (this.#all.size >= maxTransactions) return undefined;
    const key = requestKey(request);
    const transaction =
      request.method === 'INVITE' ? this.#invite(request, from, key) : this.#request(request, from, key);
    this.#all.set(key, transaction);
    return transaction;
  }

  /** Nothing is repeated any more. Idempotent. */
  close(): void {
    for (const transaction of [...this.#all.values()]) transaction.close();
  }

  #makeRoom(): void {
    for (const transaction of this.#all.values()) if (transaction.over) return transaction.close();
  }

  #request(request: SipRequest, from: Hop, key: string): ServerRequest {
    return new ServerRequest(this.#context, request, from, () => this.#all.delete(key));
  }

  #invite(request: SipRequest, from: Hop, key: string): ServerInvite {
    const own = inviteKey(request);
    const transaction = new ServerInvite(this.#context, request, from, () => {
      this.#all.delete(key);
      const others = this.#forksOf(request).filter((each) => each !== transaction);
      if (others.length > 0) this.#invites.set(own, others);
      else this.#invites.delete(own);
    });
    this.#invites.set(own, [...this.#forksOf(request), transaction]);
    return transaction;
  }

  #forksOf(request: SipRequest): readonly ServerInvite[] {
    return this.#invites.get(inviteKey(request)) ?? [];
  }

  #acknowledge(request: SipRequest, refused: ServerInvite | undefined): boolean {
    // the ACK of a 2xx is a transaction of its own, with a branch of its own
    const toTag = toTagOf(request.headers);
    const transaction = refused ?? this.#forksOf(request).find((each) => each.toTag === toTag);
    transaction?.acknowledge(request);
    return transaction !== undefined;
  }

  #cancel(request: SipRequest, from: Hop, invite: ServerInvite | undefined): boolean {
    // whoever else knows the branch has seen it, or guessed it
    if (!invite || invite.from.address !== from.address) return false;
    invite.cancel();
    // with the tag of the INVITE's responses (RFC 3261 section 9.2)
    const response = outgoingResponse(request, 200, { toTag: invite.toTag });
    this.#context.transport.send(response, from).catch(() => undefined);
    return true;
  }
}
