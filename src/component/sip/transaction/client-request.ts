import type { SipRequest } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import { SentRequest } from './sent-request.ts';
import { sipTimers } from './timers.ts';
import type { ReceivedResponse, SendOptions } from './transaction.ts';
import type { TransactionContext } from './transaction-context.ts';

/** A request other than INVITE (RFC 3261 section 17.1.2), sent to one hop after the other until there is a response (RFC 3263 4.3). */
export class ClientRequest {
  readonly #context: TransactionContext;
  readonly #request: SipRequest;
  readonly #hops: Hop[];
  readonly #options: SendOptions;
  readonly #result = Promise.withResolvers<ReceivedResponse>();
  #sent: SentRequest | undefined;
  readonly #abort = () => this.close();

  constructor(context: TransactionContext, request: SipRequest, hops: readonly Hop[], options: SendOptions) {
    this.#context = context;
    this.#request = request;
    this.#hops = [...hops];
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort);
    if (options.signal?.aborted) this.close();
    else this.#sendToNext(new SipError('unresolved'));
  }

  /** The final response. Rejects with SipError. */
  get response(): Promise<ReceivedResponse> {
    return this.#result.promise;
  }

  /** Idempotent. */
  close(): void {
    this.#end(() => this.#result.reject(new SipError('closed')));
  }

  /** @param failure why the one before failed */
  #sendToNext(failure: SipError): void {
    this.#sent?.close();
    const hop = this.#hops.shift();
    if (!hop) return this.#end(() => this.#result.reject(failure));
    const timeout = this.#hops.length > 0 ? sipTimers.hopTimeout : sipTimers.timeout;
    const options = { ...this.#options, timeout, maxInterval: sipTimers.max };
    this.#sent = new SentRequest(this.#context, this.#request, hop, options, {
      received: (received) => this.#receive(received),
      failed: (error) => (error.code === 'closed' ? this.close() : this.#sendToNext(error)),
    });
  }

  #receive(received: ReceivedResponse): void {
    const { status } = received.response;
    if (status < 200) this.#sent?.slowDown();
    else if (status === 503 && this.#hops.length > 0) this.#sendToNext(new SipError('rejected', 'rejected', status));
    else this.#end(() => this.#result.resolve(received));
  }

  #end(settle: () => void): void {
    this.#sent?.close();
    this.#hops.splice(0);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    settle();
  }
}
