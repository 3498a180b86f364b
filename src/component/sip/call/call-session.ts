import { EventEmitter } from 'node:events';
import type { Clock } from '../../../clock/clock.ts';
import { expectsAudio, type NegotiatedMedia } from '../media/negotiated-media.ts';
import type { PhoneMedia } from '../media/phone-media.ts';
import { allowedMethods } from '../message/outgoing-request.ts';
import { asSipError, type SipError, type SipErrorCode } from '../sip-error.ts';
import type { ResponseContent, ServerTransaction } from '../transaction/transaction.ts';
import type { CallLine } from './call-line.ts';
import type { CallEnd } from './call-state.ts';
import { descriptionBody } from './description-body.ts';
import type { Dialog } from './dialog.ts';
import { digitOfInfo } from './info-digit.ts';
import type { MediaNegotiation } from './media-negotiation.ts';

export interface CallSessionEvents {
  /** Held, resumed, or media of another kind or to another place. */
  changed: [NegotiatedMedia];
  /** The other side has ended it, or it has to be ended by {@link CallSession.end}. Once. */
  ended: [CallEnd];
}

export interface CallSessionOptions {
  readonly clock: Clock;
  readonly line: CallLine;
  readonly dialog: Dialog;
  readonly negotiation: MediaNegotiation;
  readonly phone: PhoneMedia;
  readonly media: NegotiatedMedia;
}

/** Time between questions whether a phone on hold is still there, in ms. */
const probeInterval = 60_000;

type Receiver = (transaction: ServerTransaction) => void;

/** A dialog whose sides have agreed on media: what the other side requests in it, until one of them says BYE. */
export class CallSession {
  readonly observer = new EventEmitter<CallSessionEvents>();
  readonly dialog: Dialog;
  readonly #options: CallSessionOptions;
  readonly #receivers: ReadonlyMap<string, Receiver>;
  #media: NegotiatedMedia;
  /** The last INVITE of the other side. */
  #invite: ServerTransaction | undefined;
  /** Whether the phone has sent a key as RTP: the same one in an INFO is no second one. */
  #sendsEvents = false;
  #ended = false;
  #cancelProbe: () => void = () => undefined;
  #end: Promise<void> | undefined;

  constructor(options: CallSessionOptions) {
    this.#options = options;
    this.dialog = options.dialog;
    this.#media = options.media;
    this.#receivers = new Map<string, Receiver>([
      ['BYE', (transaction) => this.#bye(transaction)],
      ['INVITE', (transaction) => this.#reinvite(transaction)],
      ['UPDATE', (transaction) => this.#update(transaction)],
      ['INFO', (transaction) => this.#info(transaction)],
      ['OPTIONS', (transaction) => transaction.respond(200, { headers: capabilities })],
      ['NOTIFY', (transaction) => transaction.respond(200)],
      ['REFER', (transaction) => transaction.respond(603)],
    ]);
    options.phone.observer.on('silent', this.#onSilent).on('dtmf', this.#onDtmf).on('failed', this.#onFailed);
    this.#scheduleProbe();
  }

  /** What both sides have agreed on last. */
  get media(): NegotiatedMedia {
    return this.#media;
  }

  /** Takes a request of the dialog. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (!this.dialog.isNext(request)) return transaction.respond(500);
    if (this.#ended && request.method !== 'BYE') return transaction.respond(481);
    const receive = this.#receivers.get(request.method);
    if (receive) receive(transaction);
    else transaction.respond(501, { headers: [['allow', allowedMethods]] });
  }

  /** Sends BYE, unless the other side has. Resolves when it is answered or no answer will come. Idempotent. */
  async end(): Promise<void> {
    this.#finish();
    this.#end ??= this.dialog.end();
    await this.#end;
  }

  #bye(transaction: ServerTransaction): void {
    transaction.respond(200);
    // one that crosses ours changes nothing
    this.#end ??= Promise.resolve();
    this.#fail({ reason: 'remote_hangup' });
  }

  #reinvite(transaction: ServerTransaction): void {
    if (this.#options.negotiation.pending) return transaction.respond(491, { headers: retryAfter });
    const outcome = this.#respond(transaction, (body) => this.#agree(body));
    if (outcome === 'refused') return;
    // whoever sends another one has our 200 to the one before, even if its ACK is lost or late
    this.#invite = transaction;
    transaction.observer
      .on('acknowledged', (body) => outcome === 'offered' && this.#accept(body))
      .on('failed', () => this.#invite === transaction && this.#fail({ reason: 'timeout' }));
  }

  /** An UPDATE answers at once, so it has an offer or changes nothing but the Contact (RFC 3311). */
  #update(transaction: ServerTransaction): void {
    if (transaction.request.body.length > 0 && this.#options.negotiation.pending) {
      return transaction.respond(491, { headers: retryAfter });
    }
    this.#respond(transaction, (body) => (body === undefined ? undefined : this.#agree(body)));
  }

  /** Responds with what `agree` makes of the session description. */
  #respond(
    transaction: ServerTransaction,
    agree: (body: string | undefined) => string | undefined,
  ): 'answered' | 'offered' | 'refused' {
    const { request, from } = transaction;
    try {
      const offer = descriptionBody(request);
      const before = this.#media;
      const body = agree(offer);
      this.dialog.refreshTarget(request);
      transaction.respond(200, sessionContent(this.#options.line.contact(from), body));
      if (this.#media !== before) this.#use();
      return offer === undefined ? 'offered' : 'answered';
    } catch (error) {
      refuse(transaction, asSipError(error));
      return 'refused';
    }
  }

  #agree(offer: string | undefined): string {
    const { negotiation } = this.#options;
    if (offer === undefined) return negotiation.offer(this.#media.srtp !== undefined);
    const { body, media } = negotiation.answer(offer);
    this.#media = media;
    return body;
  }

  /** The answer to an offer that we made in a 200. */
  #accept(body: Buffer): void {
    if (this.#ended) return;
    try {
      this.#media = this.#options.negotiation.accept(body.toString());
      this.#use();
    } catch {
      this.#fail({ reason: 'no_common_codec' });
    }
  }

  #use(): void {
    this.#options.phone.use(this.#media);
    this.observer.emit('changed', this.#media);
  }

  #info(transaction: ServerTransaction): void {
    const digit = digitOfInfo(transaction.request);
    transaction.respond(200);
    if (digit === undefined || this.#sendsEvents) return;
    const { observer } = this.#options.phone;
    observer.off('dtmf', this.#onDtmf);
    observer.emit('dtmf', digit);
    observer.on('dtmf', this.#onDtmf);
  }

  readonly #onDtmf = () => {
    this.#sendsEvents = true;
  };

  readonly #onSilent = () => {
    if (expectsAudio(this.#media)) this.#fail({ reason: 'media_timeout' });
  };

  readonly #onFailed = () => this.#fail({ reason: 'failed' });

  /** On hold nobody misses the audio of a phone that is gone. */
  #scheduleProbe(): void {
    this.#cancelProbe = this.#options.clock.schedule(probeInterval, () => {
      this.#scheduleProbe();
      if (!expectsAudio(this.#media)) void this.#probe();
    });
  }

  /** Any response but those that say that there is no such dialog is a sign of life (RFC 3261 section 12.2.1.2). */
  async #probe(): Promise<void> {
    const found = await this.dialog.ask('OPTIONS').catch(() => undefined);
    const status = found?.response.status ?? 408;
    if (status === 408 || status === 481) this.#fail({ reason: 'timeout' });
  }

  #fail(end: CallEnd): void {
    if (this.#ended) return;
    this.#finish();
    this.observer.emit('ended', end);
  }

  #finish(): void {
    this.#ended = true;
    this.#cancelProbe();
    const { observer } = this.#options.phone;
    observer.off('silent', this.#onSilent).off('dtmf', this.#onDtmf).off('failed', this.#onFailed);
  }
}

const retryAfter: ResponseContent['headers'] = [['retry-after', '1']];

const capabilities: ResponseContent['headers'] = [
  ['allow', allowedMethods],
  ['accept', 'application/sdp'],
];

/** Of a 2xx to INVITE or UPDATE. */
export function sessionContent(
  contact: string,
  body: string | undefined,
): ResponseContent & { headers: [string, string][] } {
  const headers: [string, string][] = [
    ['contact', `<${contact}>`],
    ['allow', allowedMethods],
  ];
  return body === undefined ? { headers } : { headers: [...headers, ['content-type', 'application/sdp']], body };
}

/** Takes a request of a dialog that has no session yet, or none any more. */
export function receiveOutsideSession(transaction: ServerTransaction): void {
  const { method, body } = transaction.request;
  const offers = method === 'INVITE' || (method === 'UPDATE' && body.length > 0);
  if (offers) return transaction.respond(491, { headers: retryAfter });
  const known = ['BYE', 'UPDATE', 'INFO', 'NOTIFY', 'OPTIONS'].includes(method);
  transaction.respond(known ? 200 : 501, { headers: capabilities });
}

/** Refuses an offer, or an INVITE that cannot be accepted. */
export function refuse(transaction: ServerTransaction, error: SipError): void {
  transaction.respond(error.status ?? refusals[error.code] ?? 480, { headers: [['accept', 'application/sdp']] });
}

const refusals: Readonly<Partial<Record<SipErrorCode, number>>> = {
  bad_message: 400,
  no_common_codec: 488,
  refused_address: 488,
};
