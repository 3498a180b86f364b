import { fromTagOf, toTagOf } from '../message/header-values.ts';
import { outgoingRequest } from '../message/outgoing-request.ts';
import type { SipResponse } from '../message/sip-message.ts';
import { asSipError } from '../sip-error.ts';
import type { InviteTransaction, ReceivedResponse, ServerTransaction } from '../transaction/transaction.ts';
import { endOfError, endOfStatus } from './call-end.ts';
import { receiveOutsideSession } from './call-session.ts';
import type { CallEnd } from './call-state.ts';
import { descriptionBody } from './description-body.ts';
import { dialTarget } from './dial-target.ts';
import { Dialog } from './dialog.ts';
import { DialogCall, type DialogCallOptions } from './dialog-call.ts';
import { RedirectTargets } from './redirect-targets.ts';

export interface OutgoingCallOptions extends DialogCallOptions {
  /** A number without separators, or a SIP URI. */
  readonly target: string;
}

/** Branches of a fork that are acknowledged and remembered. */
const maxForks = 16;

/** Refusals of encrypted audio by those who do not know it. */
const refusesSrtp = new Set([415, 488, 606]);

/** A call that we make (RFC 3261 section 13.2). */
export class OutgoingCall extends DialogCall {
  override readonly direction = 'outgoing';
  readonly #target: string;
  readonly #callId: string;
  readonly #localTag: string;
  #to = '';
  #sequence = 0;
  #targets: RedirectTargets | undefined;
  #uri = '';
  #plain = false;
  #secure = false;
  #ringing = false;
  #transaction: InviteTransaction | undefined;
  #cancelRing: () => void = () => undefined;
  /** By the tag of the other side. */
  readonly #dialogs = new Map<string, Dialog>();
  /** The first provisional response with a body of each, by the same. */
  readonly #early = new Map<string, SipResponse>();
  /** Tags of those that have said BYE before we knew that they had answered. */
  readonly #gone = new Set<string>();
  /** Ends the wait for a final response. */
  #settle: () => void = () => undefined;
  readonly #settled = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor({ target, ...options }: OutgoingCallOptions) {
    super(target, options);
    const { randomBytes } = options.settings;
    this.#target = target;
    this.#callId = randomBytes(16).toString('hex');
    this.#localTag = randomBytes(8).toString('hex');
    setImmediate(() => void this.#run(() => this.#start()));
  }

  protected override async leave(): Promise<void> {
    this.#cancelRing();
    if (this.session) return await this.session.end();
    if (!this.#transaction) return;
    this.#transaction.cancel();
    await this.#settled;
  }

  async #start(): Promise<void> {
    if (this.ended) return;
    const { line, settings } = this.options;
    this.#uri = dialTarget(this.#target, line);
    this.#to = `<${this.#uri}>`;
    this.#targets = new RedirectTargets(this.#uri);
    this.#cancelRing = settings.clock.schedule(settings.ringTimeout, () => this.end({ reason: 'no_answer' }));
    await this.openPhone();
    if (this.ended) return;
    this.addDialog({ callId: this.#callId, localTag: this.#localTag }, (transaction) => this.#receive(transaction));
    await this.#invite();
  }

  /** Calls the current URI. */
  async #invite(): Promise<void> {
    const { line } = this.options;
    const found = await line.resolver.resolve(line.proxy ?? this.#uri);
    if (this.ended) return;
    // keys go over encrypted connections only
    this.#secure = found[0]?.protocol === 'tls' && !this.#plain;
    const hops = this.#secure ? found.filter(({ protocol }) => protocol === 'tls') : found;
    this.#sequence += 1;
    const request = outgoingRequest({
      method: 'INVITE',
      uri: this.#uri,
      from: `${line.from};tag=${this.#localTag}`,
      to: this.#to,
      callId: this.#callId,
      sequence: this.#sequence,
      routes: line.proxy === undefined ? [] : [`<${line.proxy};lr>`],
      headers: [['content-type', 'application/sdp']],
      body: this.negotiation.offer(this.#secure),
    });
    const transaction = line.transactions.invite(request, hops, {
      contact: (hop) => `<${line.contact(hop)}>`,
      nextSequence: () => (this.#sequence += 1),
    });
    this.#transaction = transaction;
    transaction.observer
      .on('provisional', (received) => this.#onProvisional(received))
      .on('accepted', (received) => void this.#run(() => this.#onAccepted(transaction, received)))
      .on('rejected', ({ response }) => void this.#run(() => this.#onRejected(response)))
      .on('failed', (error) => this.#lose(endOfError(error)));
  }

  #onProvisional({ response }: ReceivedResponse): void {
    const tag = toTagOf(response.headers) ?? '';
    if (response.body.length > 0 && this.#early.size < maxForks && !this.#early.has(tag))
      this.#early.set(tag, response);
    if (this.ended || this.session || this.#ringing || response.status > 183) return;
    // what is heard before the answer, such as a ringing tone, is not put into the room
    this.#ringing = true;
    this.observer.emit('ringing');
  }

  /** The first usable 2xx is the call; who has answered besides, or too late, is told that nobody is there (RFC 3261 section 13.2.2.4). */
  async #onAccepted(transaction: InviteTransaction, received: ReceivedResponse): Promise<void> {
    const { response } = received;
    const tag = toTagOf(response.headers) ?? '';
    const known = this.#dialogs.get(tag);
    if (known) return await known.acknowledge(response);
    if (this.#dialogs.size === maxForks) return;
    const dialog = Dialog.ofCaller(this.options.line, transaction.request, received, this.#sequence);
    this.#dialogs.set(tag, dialog);
    const acknowledged = dialog.acknowledge(response);
    const end = this.ended || this.session ? undefined : this.#take(dialog, response);
    // one that had been given up may answer while the next one is tried
    if (this.#transaction !== transaction) this.#transaction?.cancel();
    if (this.session?.dialog !== dialog) {
      this.farewell(this.#gone.has(tag) ? acknowledged : acknowledged.then(() => dialog.end()));
    }
    this.#settle();
    if (end) this.end(end);
  }

  /** @returns why it is no call */
  #take(dialog: Dialog, response: SipResponse): CallEnd | undefined {
    this.#cancelRing();
    if (this.#gone.has(dialog.remoteTag)) return { reason: 'remote_hangup' };
    try {
      // some send their answer with 183 alone (RFC 3261 section 13.2.1)
      const answering = response.body.length > 0 ? response : this.#early.get(dialog.remoteTag);
      const media = this.negotiation.accept((answering && descriptionBody(answering)) ?? '');
      this.begin(dialog, media);
      this.answer(media);
      return undefined;
    } catch (error) {
      const { code } = asSipError(error);
      return { reason: code === 'failed' ? 'failed' : 'no_common_codec' };
    }
  }

  async #onRejected(response: SipResponse): Promise<void> {
    if (this.ended) return this.#settle();
    // nothing to cancel until the next one is sent
    this.#transaction = undefined;
    const { status, headers } = response;
    if (this.#secure && refusesSrtp.has(status) && !/^sips:/i.test(this.#uri)) {
      this.#plain = true;
      return await this.#invite();
    }
    if (status < 400) this.#targets?.add(headers);
    // a refusal for all places ends the search (RFC 3261 section 21.6)
    const next = status < 600 ? this.#targets?.next() : undefined;
    if (next === undefined) return this.#lose(endOfStatus(status));
    this.#uri = next;
    await this.#invite();
  }

  /** No dialog will come of it. */
  #lose(end: CallEnd): void {
    this.#transaction = undefined;
    this.#settle();
    if (!this.session) this.end(end);
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.session?.dialog.matches(request)) return this.session.receive(transaction);
    const tag = fromTagOf(request.headers) ?? '';
    // it may have overtaken the 2xx
    if (request.method === 'BYE' && !this.#dialogs.has(tag) && this.#gone.size < maxForks) this.#gone.add(tag);
    receiveOutsideSession(transaction);
  }

  /** What goes wrong ends the call. */
  async #run(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#lose(endOfError(asSipError(error)));
    }
  }
}
