import { EventEmitter } from 'node:events';
import { toTagOf } from '../message/header-values.ts';
import { outgoingResponse } from '../message/outgoing-response.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import { Retransmission } from './retransmission.ts';
import type { ServerContext } from './server-context.ts';
import { sipTimers } from './timers.ts';
import type { ResponseContent, ServerTransaction, ServerTransactionEvents } from './transaction.ts';

/** For an ACK that was late, and for repetitions of it, in ms: T4 (RFC 3261 section 17.2.1). */
const lingering = 5000;

/** An INVITE that we received (RFC 3261 section 17.2.1, and 13.3.1.4 for the repetition of its 2xx). */
export class ServerInvite implements ServerTransaction {
  readonly observer = new EventEmitter<ServerTransactionEvents>();
  readonly request: SipRequest;
  readonly from: Hop;
  readonly #context: ServerContext;
  readonly #onEnd: () => void;
  #last: SipResponse | undefined;
  #toTag: string;
  #acknowledged = false;
  #retransmission: Retransmission | undefined;
  #cancelTimer: () => void;

  /** @param onEnd called when neither a repetition nor an ACK is expected any more */
  constructor(context: ServerContext, request: SipRequest, from: Hop, onEnd: () => void) {
    this.#context = context;
    this.request = request;
    this.from = from;
    this.#onEnd = onEnd;
    this.#toTag = context.token();
    this.#cancelTimer = context.clock.schedule(sipTimers.trying, () => this.respond(100));
  }

  /** Of our responses, unless the request had one. */
  get toTag(): string {
    return toTagOf(this.request.headers) ?? this.#toTag;
  }

  /** Whether nothing is left but repetitions. */
  get over(): boolean {
    return this.#acknowledged || this.#status >= 300;
  }

  respond(status: number, content: ResponseContent = {}): void {
    if (this.#status >= 200 || (status === 100 && this.#last)) return;
    this.#toTag = content.toTag ?? this.#toTag;
    this.#last = outgoingResponse(this.request, status, { ...content, toTag: this.#toTag });
    this.#cancelTimer();
    this.repeat();
    if (status >= 300 && content.repeated === false) this.close();
    else if (status >= 200) this.#expectAcknowledgement(status);
  }

  /** The INVITE arrived again. */
  repeat(): void {
    if (this.#last && !this.#acknowledged) this.#context.transport.send(this.#last, this.from).catch(() => undefined);
  }

  /** An ACK arrived. */
  acknowledge({ body }: SipRequest): void {
    if (this.#status < 200 || this.#acknowledged) return;
    this.#acknowledged = true;
    this.#retransmission?.close();
    this.#cancelTimer();
    this.#endAfter(this.#accepted ? sipTimers.timeout : lingering);
    if (this.#accepted) this.observer.emit('acknowledged', body);
  }

  /** A CANCEL arrived. */
  cancel(): void {
    if (this.#status >= 200) return;
    this.respond(487);
    this.observer.emit('cancelled');
  }

  /** Idempotent. */
  close(): void {
    this.#retransmission?.close();
    this.#cancelTimer();
    this.#onEnd();
  }

  get #status(): number {
    return this.#last?.status ?? 0;
  }

  get #accepted(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #expectAcknowledgement(status: number): void {
    // the ACK of a 2xx comes from the other end, and not every hop on the way need be one of a connection
    if (status < 300 || this.from.protocol === 'udp') {
      this.#retransmission = new Retransmission(this.#context.clock, sipTimers.max, () => this.repeat());
    }
    this.#cancelTimer = this.#context.clock.schedule(sipTimers.timeout, () => {
      this.close();
      if (this.#accepted) this.observer.emit('failed', new SipError('timeout'));
    });
  }

  #endAfter(duration: number): void {
    this.#cancelTimer = this.#context.clock.schedule(duration, () => this.close());
  }
}
