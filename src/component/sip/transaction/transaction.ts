import type { EventEmitter } from 'node:events';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import type { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';

/** A response to one of our requests. */
export interface ReceivedResponse {
  readonly response: SipResponse;
  /** Where it came from: the hop of the request that was answered. */
  readonly hop: Hop;
}

export interface InviteTransactionEvents {
  /** A provisional response other than 100. */
  provisional: [ReceivedResponse];
  /**
   * A 2xx. Emitted for each one, repeated ones and those of other branches (forks) included, for 32 s after the first: the caller
   * acknowledges each, and ends what it does not want.
   */
  accepted: [ReceivedResponse];
  /** A final response from 300 on, once. It has been acknowledged. */
  rejected: [ReceivedResponse];
  /** No final response will come. Once. */
  failed: [SipError];
}

/** One INVITE that we sent (RFC 3261 section 17.1.1). */
export interface InviteTransaction {
  readonly observer: EventEmitter<InviteTransactionEvents>;
  /** The request as it was sent, with its Via. */
  readonly request: SipRequest;
  /**
   * Sends a CANCEL as soon as that is allowed. The final response, usually a 487, or a 2xx that crosses it, is still emitted; after 32 s
   * without one `failed` is.
   */
  cancel(): void;
}

export interface ServerTransactionEvents {
  /** INVITE: the caller has cancelled it. A 487 has been sent. */
  cancelled: [];
  /** INVITE: our 2xx has been acknowledged. @param body of the ACK */
  acknowledged: [body: Buffer];
  /** INVITE: our 2xx was not acknowledged within 32 s. */
  failed: [SipError];
}

export interface ResponseContent {
  readonly headers?: Iterable<readonly [name: string, value: string]>;
  /** With a `content-type` in the headers. */
  readonly body?: string;
  /** Tag of To, when the request has none. Default: one of the transaction's own. */
  readonly toTag?: string;
  /**
   * Whether a refusal of an INVITE is repeated until its ACK. Otherwise it is forgotten at once, and the INVITE, when it comes again, is
   * refused again (RFC 3261 section 8.2.7). Default true.
   */
  readonly repeated?: boolean;
}

/** One request that we received and that is worth a state (RFC 3261 section 17.2). */
export interface ServerTransaction {
  readonly observer: EventEmitter<ServerTransactionEvents>;
  readonly request: SipRequest;
  readonly from: Hop;
  /** Sends a response and repeats it as the standard requires, a 2xx to an INVITE until its ACK. Ignored after a final one. */
  respond(status: number, content?: ResponseContent): void;
}

export interface SendOptions {
  /** Contact of the request, which depends on the protocol: see UserAgent.contact. Default: none is added. */
  readonly contact?: (hop: Hop) => string;
  /**
   * CSeq number for the request when it is sent again with credentials: the next one of the dialog, or of the registration.
   * Default: one more than that of the request.
   */
  readonly nextSequence?: () => number;
  /** Ends the wait of `ask` with SipError closed. */
  readonly signal?: AbortSignal;
}

/** Our side of all transactions. */
export interface Transactions {
  /**
   * Sends an INVITE to the first hop that can be reached. Via is added here. Credentials are added by AuthenticatedTransactions, which
   * has the same methods: after it, CSeq is that of {@link InviteTransaction.request} or of the response.
   */
  invite(request: SipRequest, hops: readonly Hop[], options?: SendOptions): InviteTransaction;
  /**
   * Sends any other request and waits for its final response, whatever its status.
   * @throws SipError timeout, unreachable, closed; with credentials also unauthorized
   */
  ask(request: SipRequest, hops: readonly Hop[], options?: SendOptions): Promise<ReceivedResponse>;
  /** Sends an ACK of a 2xx: a request of its own without a response. Never rejects. */
  acknowledge(request: SipRequest, hops: readonly Hop[]): void;
}
