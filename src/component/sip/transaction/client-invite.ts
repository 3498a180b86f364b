import { EventEmitter } from 'node:events';
import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest, SipResponse } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from '../transport/hop.ts';
import { SentRequest } from './sent-request.ts';
import { sipTimers } from './timers.ts';
import type { InviteTransaction, InviteTransactionEvents, ReceivedResponse, SendOptions } from './transaction.ts';
import type { TransactionContext } from './transaction-context.ts';

/** An INVITE on its way to one hop. */
interface Attempt {
  readonly sent: SentRequest;
  /** `abandoned`: another hop has been tried since; whoever responds now is not wanted. */
  state: 'calling' | 'abandoned' | 'proceeding' | 'accepted' | 'rejected' | 'closed';
  cancelled: boolean;
}

/** RFC 3261 section 17.1.1, with 2xx responses as in RFC 6026; sent to one hop after the other until there is a response. */
export class ClientInvite implements InviteTransaction {
  readonly observer = new EventEmitter<InviteTransactionEvents>();
  readonly #context: TransactionContext;
  readonly #request: SipRequest;
  readonly #hops: Hop[];
  readonly #options: SendOptions;
  readonly #attempts: Attempt[] = [];
  #cancelled = false;
  /** Whether there was a final event. */
  #settled = false;
  #stopCancelTimer: () => void = () => undefined;

  constructor(context: TransactionContext, request: SipRequest, hops: readonly Hop[], options: SendOptions) {
    this.#context = context;
    this.#request = request;
    this.#hops = [...hops];
    this.#options = options;
    if (hops.length === 0) queueMicrotask(() => this.#fail(new SipError('unresolved')));
    else this.#sendToNext(new SipError('unresolved'));
  }

  get request(): SipRequest {
    return this.#attempts.at(-1)?.sent.request ?? this.#request;
  }

  cancel(): void {
    if (this.#cancelled || this.#settled) return;
    this.#cancelled = true;
    this.#hops.splice(0);
    for (const attempt of this.#attempts) if (attempt.state === 'proceeding') this.#sendCancel(attempt);
  }

  /** @param failure why the one before failed */
  #sendToNext(failure: SipError): void {
    const hop = this.#hops.shift();
    if (!hop) return this.#fail(failure);
    const timeout = this.#hops.length > 0 ? sipTimers.hopTimeout : sipTimers.timeout;
    const options = { ...this.#options, timeout, maxInterval: Number.POSITIVE_INFINITY };
    const sent = new SentRequest(this.#context, this.#request, hop, options, {
      received: (received) => this.#receive(attempt, received),
      failed: (error) => this.#failAttempt(attempt, error),
    });
    const attempt: Attempt = { sent, state: 'calling', cancelled: false };
    this.#attempts.push(attempt);
  }

  #failAttempt(attempt: Attempt, error: SipError): void {
    if (error.code === 'closed') {
      this.#closeAttempt(attempt);
      return this.#fail(error);
    }
    // it may have been received all the same: a late 2xx is acknowledged and ended, a late ringing cancelled
    attempt.state = 'abandoned';
    attempt.sent.linger(sipTimers.timeout);
    this.#sendToNext(error);
  }

  #receive(attempt: Attempt, received: ReceivedResponse): void {
    const { status } = received.response;
    if (status < 200) this.#proceed(attempt, received);
    else if (status < 300) this.#accept(attempt, received);
    else this.#reject(attempt, received);
  }

  #proceed(attempt: Attempt, received: ReceivedResponse): void {
    const { state, sent } = attempt;
    if (state !== 'calling' && state !== 'abandoned' && state !== 'proceeding') return;
    if (state === 'abandoned') this.#sendCancel(attempt);
    if (state !== 'calling' && state !== 'proceeding') return;
    sent.stop();
    attempt.state = 'proceeding';
    if (this.#cancelled) this.#sendCancel(attempt);
    if (received.response.status > 100) this.observer.emit('provisional', received);
  }

  #accept(attempt: Attempt, received: ReceivedResponse): void {
    if (attempt.state === 'rejected') return;
    if (attempt.state !== 'accepted') attempt.sent.linger(sipTimers.timeout);
    attempt.state = 'accepted';
    this.#settle();
    this.observer.emit('accepted', received);
  }

  #reject(attempt: Attempt, received: ReceivedResponse): void {
    const { state, sent } = attempt;
    if (state === 'accepted') return;
    void this.#context.transport
      .send(acknowledgement(sent.request, received.response), sent.hop)
      .catch(() => undefined);
    if (state === 'rejected') return;
    attempt.state = 'rejected';
    // over UDP the response is repeated until the ACK arrives
    if (sent.hop.protocol === 'udp') sent.linger(sipTimers.timeout);
    else sent.close();
    if (state === 'abandoned' || this.#settled) return;
    if (received.response.status === 503 && this.#hops.length > 0) return this.#sendToNext(new SipError('rejected'));
    this.#settle();
    this.observer.emit('rejected', received);
  }

  /** RFC 3261 section 9.1. */
  #sendCancel(attempt: Attempt): void {
    if (attempt.cancelled) return;
    attempt.cancelled = true;
    const { request, hop, branch } = attempt.sent;
    const options = { branch, timeout: sipTimers.timeout, maxInterval: sipTimers.max };
    const cancel = new SentRequest(this.#context, cancellation(request), hop, options, {
      received: ({ response }) => (response.status < 200 ? cancel.slowDown() : cancel.close()),
      failed: () => cancel.close(),
    });
    if (attempt.state !== 'proceeding') return;
    this.#stopCancelTimer = this.#context.clock.schedule(sipTimers.timeout, () => {
      this.#closeAttempt(attempt);
      this.#fail(new SipError('timeout'));
    });
  }

  #closeAttempt(attempt: Attempt): void {
    attempt.state = 'closed';
    attempt.sent.close();
  }

  #fail(error: SipError): void {
    if (this.#settled) return;
    this.#settle();
    this.observer.emit('failed', error);
  }

  #settle(): void {
    this.#settled = true;
    this.#stopCancelTimer();
    this.#hops.splice(0);
  }
}

/** The ACK of a final response from 300 on, with the Via of the INVITE (RFC 3261 section 17.1.1.3). */
function acknowledgement(invite: SipRequest, response: SipResponse): SipRequest {
  return derived(invite, 'ACK', response.headers.get('to') ?? '');
}

function cancellation(invite: SipRequest): SipRequest {
  // SentRequest adds the Via again, with the branch of the INVITE
  const cancel = derived(invite, 'CANCEL', invite.headers.get('to') ?? '');
  cancel.headers.delete('via');
  return cancel;
}

function derived(invite: SipRequest, method: string, to: string): SipRequest {
  const { headers } = invite;
  const [sequence = '1'] = (headers.get('cseq') ?? '').split(/\s/);
  const lines: (readonly [string, string])[] = [
    ['via', headers.get('via') ?? ''],
    ['max-forwards', '70'],
    ...headers.all('route').map((route) => ['route', route] as const),
    ['from', headers.get('from') ?? ''],
    ['to', to],
    ['call-id', headers.get('call-id') ?? ''],
    ['cseq', `${sequence} ${method}`],
    ['user-agent', 'Shoal'],
  ];
  return { type: 'request', method, uri: invite.uri, headers: new SipHeaders(lines), body: Buffer.alloc(0) };
}
