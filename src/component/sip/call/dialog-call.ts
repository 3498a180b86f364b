import { EventEmitter } from 'node:events';
import type { Clock } from '../../../clock/clock.ts';
import { pause } from '../../../clock/pause.ts';
import type { NegotiatedMedia, PhoneCodec } from '../media/negotiated-media.ts';
import type { PhoneMedia } from '../media/phone-media.ts';
import type { SipCall, SipCallEvents } from '../telephony.ts';
import type { ServerTransaction } from '../transaction/transaction.ts';
import type { CallLine, DialogKey } from './call-line.ts';
import { CallSession } from './call-session.ts';
import type { CallDirection, CallEnd } from './call-state.ts';
import type { Dialog } from './dialog.ts';
import { MediaNegotiation } from './media-negotiation.ts';

export interface CallSettings {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  /** Our IP literal that phones send RTP to. */
  readonly mediaAddress: string;
  /** In the order of our offers; at least one. */
  readonly codecs: readonly PhoneCodec[];
  /** Time for the whole of an outgoing call until it is answered, in ms. */
  readonly ringTimeout: number;
}

export interface DialogCallOptions {
  readonly line: CallLine;
  readonly settings: CallSettings;
  /** Opens the audio. The call closes it. */
  readonly openMedia: () => Promise<PhoneMedia>;
}

/** Time that `close` waits for the other side, in ms. */
const closeTimeout = 2000;

/** What calls of both directions have in common. */
export abstract class DialogCall implements SipCall {
  readonly observer = new EventEmitter<SipCallEvents>();
  abstract readonly direction: CallDirection;
  readonly party: string;
  protected readonly options: DialogCallOptions;
  #opening: Promise<PhoneMedia> | undefined;
  #phone: PhoneMedia | undefined;
  #negotiation: MediaNegotiation | undefined;
  #session: CallSession | undefined;
  #answered = false;
  #end: CallEnd | undefined;
  readonly #closing = new AbortController();
  #removeDialog: () => void = () => undefined;
  /** What the other side is still to be told. */
  readonly #farewells = new Set<Promise<void>>();

  protected constructor(party: string, options: DialogCallOptions) {
    this.party = party;
    this.options = options;
  }

  get phone(): PhoneMedia | undefined {
    return this.#phone;
  }

  /** Of the dialog that is or was in use. */
  protected get session(): CallSession | undefined {
    return this.#session;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  hangUp(reason: Parameters<SipCall['hangUp']>[0]): void {
    this.end({ reason: reason === 'user_hangup' && !this.#answered ? 'cancelled' : reason });
  }

  async close(): Promise<void> {
    this.hangUp('component_closed');
    await Promise.race([this.#told(), pause(this.options.settings.clock, closeTimeout, this.#closing.signal)]);
    this.#closing.abort();
    const phone = await this.#opening?.catch(() => undefined);
    await phone?.close();
  }

  /** Tells the other side that the call has ended: CANCEL, BYE or a refusal, unless it knows. Called once. */
  protected abstract leave(end: CallEnd): Promise<void>;

  /** Ends the call, once. */
  protected end(end: CallEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.farewell(this.leave(end));
    void this.#phone?.close();
    this.observer.emit('ended', end);
  }

  async #told(): Promise<void> {
    while (this.#farewells.size > 0) await Promise.all(this.#farewells);
  }

  /** Keeps the dialog of a call that has ended until this has been said, which must not fail. */
  protected farewell(said: Promise<void>): void {
    const done = said.finally(() => {
      this.#farewells.delete(done);
      // another fork may have been hung up while the call goes on
      if (this.#end && this.#farewells.size === 0) this.#removeDialog();
    });
    this.#farewells.add(done);
  }

  protected addDialog(key: DialogKey, receive: (transaction: ServerTransaction) => void): void {
    this.#removeDialog = this.options.line.addDialog(key, receive);
  }

  /** Opens the audio, for which there can be offers and answers then. @throws SipError no_port, closed */
  protected async openPhone(): Promise<void> {
    const { line, settings, openMedia } = this.options;
    this.#opening = openMedia();
    const phone = await this.#opening;
    this.#phone = phone;
    // the call has ended meanwhile
    if (this.#end) await phone.close();
    const { mediaAddress: address, codecs, randomBytes } = settings;
    const permits = (remote: string) => line.permits(remote);
    this.#negotiation = new MediaNegotiation({ address, port: phone.port, codecs, permits, randomBytes });
  }

  /** Only after {@link openPhone}. */
  protected get negotiation(): MediaNegotiation {
    return this.#negotiation as MediaNegotiation;
  }

  /** Both sides have agreed: the phone hears the room. */
  protected begin(dialog: Dialog, media: NegotiatedMedia): void {
    const phone = this.#phone as PhoneMedia;
    phone.use(media);
    const { line, settings } = this.options;
    const { clock } = settings;
    const session = new CallSession({ clock, line, dialog, negotiation: this.negotiation, phone, media });
    session.observer.on('changed', (changed) => this.observer.emit('changed', changed));
    session.observer.on('ended', (end) => this.end(end));
    this.#session = session;
  }

  protected answer(media: NegotiatedMedia): void {
    this.#answered = true;
    this.observer.emit('answered', media);
  }
}
