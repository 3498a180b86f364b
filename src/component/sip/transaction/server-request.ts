import { EventEmitter } from 'node:events';
import { outgoingResponse } from '../message/outgoing-response.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import type { Hop } from '../transport/hop.ts';
import type { ServerContext } from './server-context.ts';
import { sipTimers } from './timers.ts';
import type { ResponseContent, ServerTransaction, ServerTransactionEvents } from './transaction.ts';

/** A request other than INVITE that we received (RFC 3261 section 17.2.2). */
export class ServerRequest implements ServerTransaction {
  readonly observer = new EventEmitter<ServerTransactionEvents>();
  readonly request: SipRequest;
  readonly from: Hop;
  readonly #context: ServerContext;
  readonly #onEnd: () => void;
  #last: SipResponse | undefined;
  #cancelEnd: () => void;

  /** @param onEnd called when repetitions of the request need no response any more */
  constructor(context: ServerContext, request: SipRequest, from: Hop, onEnd: () => void) {
    this.#context = context;
    this.request = request;
    this.from = from;
    this.#onEnd = onEnd;
    this.#cancelEnd = context.clock.schedule(sipTimers.timeout, () => this.close());
  }

  respond(status: number, content: ResponseContent = {}): void {
    if (this.over) return;
    this.#last = outgoingResponse(this.request, status, { toTag: this.#context.token(), ...content });
    this.repeat();
    if (status < 200) return;
    this.#cancelEnd();
    // over a connection nothing is repeated
    if (this.from.protocol !== 'udp') this.close();
    else this.#cancelEnd = this.#context.clock.schedule(sipTimers.timeout, () => this.close());
  }

  /** Whether nothing is left but repetitions. */
  get over(): boolean {
    return this.#last !== undefined && this.#last.status >= 200;
  }

  /** The request arrived again. */
  repeat(): void {
    if (this.#last) this.#context.transport.send(this.#last, this.from).catch(() => undefined);
  }

  /** Idempotent. */
  close(): void {
    this.#cancelEnd();
    this.#onEnd();
  }
}
