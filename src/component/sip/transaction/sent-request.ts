import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import { type Hop, sameHop } from '../transport/hop.ts';
import { Retransmission } from './retransmission.ts';
import type { ReceivedResponse, SendOptions } from './transaction.ts';
import { type ResponseReceiver, responseKey, type TransactionContext } from './transaction-context.ts';

export interface SentRequestListener {
  /** Any response, repeated ones too. */
  received(received: ReceivedResponse): void;
  /** It was not sent, there was no response in time, or (`closed`) there will be no more. */
  failed(error: SipError): void;
}

export interface SentRequestOptions extends Pick<SendOptions, 'contact'> {
  readonly branch?: string;
  /** Without a response, in ms. */
  readonly timeout: number;
  /** Maximum interval of retransmissions, in ms. */
  readonly maxInterval: number;
}

/** One request to one hop: repeated over UDP until {@link stop}, and open for responses until {@link close}. */
export class SentRequest implements ResponseReceiver {
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly branch: string;
  readonly #context: TransactionContext;
  readonly #key: string;
  readonly #listener: SentRequestListener;
  #retransmission: Retransmission | undefined;
  #cancelTimeout: () => void;
  #stopped = false;
  #resent = false;

  constructor(
    context: TransactionContext,
    request: SipRequest,
    hop: Hop,
    options: SentRequestOptions,
    listener: SentRequestListener,
  ) {
    this.#context = context;
    this.hop = hop;
    this.branch = options.branch ?? newBranch(context);
    this.request = withVia(context, request, hop, this.branch, options.contact);
    this.#key = responseKey(this.branch, request.method);
    this.#listener = listener;
    context.waiting.set(this.#key, this);
    this.#cancelTimeout = context.clock.schedule(options.timeout, () => this.fail(new SipError('timeout')));
    this.#send();
    if (hop.protocol === 'udp') {
      this.#retransmission = new Retransmission(context.clock, options.maxInterval, () => this.#repeat());
    }
  }

  receive(response: SipResponse): void {
    this.#listener.received({ response, hop: this.hop });
  }

  /**
   * A connection was lost, perhaps with the request or its response: it is sent once more, over another one. To who has it already this
   * is a repetition. Who closes that one, too, is not to be reached.
   */
  disconnected(hop: Hop): void {
    if (!sameHop(hop, this.hop) || this.#stopped) return;
    if (this.#resent) return this.fail(new SipError('unreachable'));
    this.#resent = true;
    this.#send();
  }

  /** Nothing when it has been closed meanwhile. */
  fail(error: SipError): void {
    if (this.#context.waiting.get(this.#key) !== this) return;
    this.stop();
    this.#listener.failed(error);
  }

  /** See {@link Retransmission.slowDown}. */
  slowDown(): void {
    this.#retransmission?.slowDown();
  }

  /** No retransmissions and no timeout from now on. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#retransmission?.close();
    this.#cancelTimeout();
  }

  /** {@link stop} now; responses are received for `duration` ms more. */
  linger(duration: number): void {
    this.stop();
    this.#cancelTimeout = this.#context.clock.schedule(duration, () => this.close());
  }

  /** Idempotent. */
  close(): void {
    this.stop();
    this.#context.waiting.delete(this.#key);
  }

  #send(): void {
    this.#context.transport.send(this.request, this.hop).catch((error: unknown) => {
      if (!this.#stopped) this.fail(error instanceof SipError ? error : new SipError('unreachable'));
    });
  }

  #repeat(): void {
    this.#context.transport.send(this.request, this.hop).catch(() => undefined);
  }
}

/** Starts with the cookie of RFC 3261 section 8.1.1.7. */
export function newBranch({ token }: TransactionContext): string {
  return `z9hG4bK${token()}`;
}

/** A copy with our Via, and with a Contact when there is one for this hop. */
export function withVia(
  { transport }: TransactionContext,
  request: SipRequest,
  hop: Hop,
  branch: string,
  contact?: (hop: Hop) => string,
): SipRequest {
  const headers = new SipHeaders(request.headers);
  const sentBy = transport.sentBy(hop.protocol);
  headers.prepend('via', `SIP/2.0/${hop.protocol.toUpperCase()} ${sentBy};branch=${branch};rport`);
  if (contact) headers.set('contact', contact(hop));
  return { ...request, headers };
}
