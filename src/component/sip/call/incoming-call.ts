import { pause } from '../../../clock/pause.ts';
import { asSipError } from '../sip-error.ts';
import type { IncomingCalls } from '../telephony.ts';
import type { ServerTransaction } from '../transaction/transaction.ts';
import { endOfError } from './call-end.ts';
import { receiveOutsideSession, refuse, sessionContent } from './call-session.ts';
import type { CallEnd } from './call-state.ts';
import { callerOf, isAllowedCaller, partyOf } from './caller.ts';
import { descriptionBody } from './description-body.ts';
import { Dialog } from './dialog.ts';
import { DialogCall, type DialogCallOptions } from './dialog-call.ts';

export interface IncomingCallOptions extends DialogCallOptions {
  readonly transaction: ServerTransaction;
  readonly party: string;
  /** Time until it is answered, in ms. Default 0. */
  readonly ringDuration?: number;
}

/** A call that we get, and answer (RFC 3261 section 13.3). */
export class IncomingCall extends DialogCall {
  override readonly direction = 'incoming';
  readonly #transaction: ServerTransaction;
  readonly #ringDuration: number;
  readonly #localTag: string;
  readonly #abandoned = new AbortController();
  #dialog: Dialog | undefined;
  /** Whether our 200 has been sent. */
  #accepted = false;
  /** Whether its ACK has been received. */
  #acknowledged = false;
  /** Ends the wait for the ACK. */
  #confirm: () => void = () => undefined;
  readonly #confirmed = new Promise<void>((resolve) => (this.#confirm = resolve));
  /** Whether the caller knows that it is over. */
  #knows = false;

  constructor({ transaction, party, ringDuration = 0, ...options }: IncomingCallOptions) {
    super(party, options);
    this.#transaction = transaction;
    this.#ringDuration = ringDuration;
    this.#localTag = options.settings.randomBytes(8).toString('hex');
    const callId = transaction.request.headers.get('call-id') ?? '';
    this.addDialog({ callId, localTag: this.#localTag }, (each) => this.#receive(each));
    transaction.respond(180, {
      toTag: this.#localTag,
      headers: [['contact', `<${options.line.contact(transaction.from)}>`]],
    });
    transaction.observer.on('cancelled', () => this.#leaveWith({ reason: 'cancelled' }));
    setImmediate(() => void this.#start());
  }

  protected override async leave({ reason }: CallEnd): Promise<void> {
    this.#abandoned.abort();
    if (this.#knows || reason === 'remote_hangup') return;
    if (!this.#accepted) {
      const status = reason === 'user_hangup' || reason === 'cancelled' ? 603 : 480;
      return this.#transaction.respond(status, { toTag: this.#localTag });
    }
    // no BYE before the ACK, or before there will be none (RFC 3261 section 15)
    await this.#confirmed;
    await (this.session ? this.session.end() : this.#dialog?.end());
  }

  async #start(): Promise<void> {
    try {
      const { clock } = this.options.settings;
      if (this.#ringDuration > 0) await pause(clock, this.#ringDuration, this.#abandoned.signal);
      if (this.ended) return;
      await this.openPhone();
      if (!this.ended) this.#accept();
    } catch (error) {
      this.#refuse(error);
    }
  }

  #accept(): void {
    const { negotiation } = this;
    const { request, from, observer } = this.#transaction;
    const dialog = Dialog.ofCallee(this.options.line, request, this.#localTag, from);
    this.#dialog = dialog;
    const offer = descriptionBody(request);
    const agreed = offer === undefined ? undefined : negotiation.answer(offer);
    const body = agreed?.body ?? negotiation.offer(from.protocol === 'tls');
    // it may send as soon as it has our answer, which can come before its ACK
    if (agreed) this.begin(dialog, agreed.media);
    this.#accepted = true;
    observer.on('acknowledged', (answer) => this.#onAcknowledged(dialog, answer));
    observer.on('failed', (error) => {
      this.#confirm();
      this.end(endOfError(error));
    });
    const content = sessionContent(this.options.line.contact(from), body);
    this.#transaction.respond(200, { ...content, toTag: this.#localTag });
  }

  #onAcknowledged(dialog: Dialog, body: Buffer): void {
    this.#acknowledged = true;
    this.#confirm();
    if (this.ended) return;
    try {
      const { negotiation } = this;
      if (negotiation.pending) this.begin(dialog, negotiation.accept(body.toString()));
    } catch {
      return this.end({ reason: 'no_common_codec' });
    }
    if (this.session) this.answer(this.session.media);
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#dialog && !this.#dialog.matches(request)) return transaction.respond(481);
    if (this.session && (this.#acknowledged || request.method !== 'INVITE')) return this.session.receive(transaction);
    receiveOutsideSession(transaction);
    if (request.method === 'BYE') this.end({ reason: 'remote_hangup' });
  }

  #refuse(error: unknown): void {
    if (this.ended) return;
    const known = asSipError(error);
    refuse(this.#transaction, known);
    this.#leaveWith(endOfError(known));
  }

  /** Ends it when the other side knows already. */
  #leaveWith(end: CallEnd): void {
    this.#knows = true;
    this.end(end);
  }
}

export interface ReceivedCallOptions extends Omit<DialogCallOptions, 'openMedia'> {
  readonly incoming: IncomingCalls;
  /** Whether the request comes from the registrar, so that P-Asserted-Identity may be believed. */
  readonly asserted: boolean;
  readonly ringDuration?: number;
}

/** Takes an INVITE that belongs to no dialog: refuses it, or makes a call of it. */
export function receiveCall(
  transaction: ServerTransaction,
  { incoming, asserted, ...options }: ReceivedCallOptions,
): void {
  const { allowedCallers } = incoming;
  const caller = callerOf(transaction.request.headers, asserted);
  // where everybody may call, so may those who do not say who they are
  const allowed = caller ? isAllowedCaller(caller, allowedCallers) : allowedCallers.includes('*');
  // the sender of a datagram may be forged: nobody gets eleven responses for one
  if (!allowed) return transaction.respond(403, { repeated: false });
  if (incoming.busy()) return transaction.respond(486, { repeated: false });
  const { openMedia } = incoming;
  incoming.accepted(
    new IncomingCall({ ...options, openMedia, transaction, party: caller ? partyOf(caller) : 'anonymous' }),
  );
}
