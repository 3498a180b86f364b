import { EventEmitter } from 'node:events';
import type { Clock } from '../../../clock/clock.ts';
import type { UdpFeed } from '../../../sfu/udp-feed.ts';
import { SipError } from '../sip-error.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';
import type { PhoneMedia, PhoneMediaEvents } from './phone-media.ts';
import type { FromTelephony, PhonePorts, ToTelephony } from './telephony-message.ts';

/** Time in which a worker that responds has closed a phone, in ms. */
const closeTimeout = 2000;

export interface WorkerPhoneOptions extends PhonePorts {
  /** Number of the phone, and of its room, in messages. */
  readonly id: number;
  readonly room: number;
  readonly cname: string;
  readonly clock: Clock;
  /** Sends a message to the worker; it is dropped while none runs. */
  readonly send: (message: ToTelephony) => void;
  /** Called when it is closed, before the worker knows. */
  readonly onClosing: () => void;
  /** Called when the worker does not know it any more. */
  readonly onClosed: () => void;
}

export type FromWorkerPhone = Extract<FromTelephony, { readonly phone: number }>;

/** A phone in a telephony worker. When that is lost, the phone goes on in the next one: at the same ports, as it was. */
export class WorkerPhone implements PhoneMedia {
  readonly observer = new EventEmitter<PhoneMediaEvents>();
  readonly #options: WorkerPhoneOptions;
  readonly #opening = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  /** Whether a worker runs that knows of it. */
  #present = false;
  #port: number | undefined;
  #media: NegotiatedMedia | undefined;
  #feed: UdpFeed | undefined;
  /** The port of the worker that the feed accepts. */
  #from: number | undefined;
  readonly #joining = Promise.withResolvers<void>();
  #audible = true;
  readonly #dtmf = new Map<number, PromiseWithResolvers<void>>();
  #requests = 0;
  #failure: SipError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerPhoneOptions) {
    this.#options = options;
    // who does not wait for it is told by an event
    this.#joining.promise.catch(() => undefined);
    this.#opening.promise.catch(() => undefined);
  }

  get id(): number {
    return this.#options.id;
  }

  get room(): number {
    return this.#options.room;
  }

  get port(): number {
    return this.#port ?? 0;
  }

  /** Resolves when it has a port. @throws SipError no_port, closed */
  async opened(): Promise<void> {
    await this.#opening.promise;
  }

  /** To be called when a worker is ready that knows its room. */
  introduce(): void {
    if (this.#failure || this.#closing) return;
    this.#present = true;
    const { id: phone, room, cname, listenAddress, ports, send } = this.#options;
    const port = this.#port;
    send({ type: 'openPhone', phone, room, cname, listenAddress, ports, ...(port !== undefined && { port }) });
  }

  /** To be called when the worker has died. Keys that were being sent are not sent again. */
  lose(): void {
    this.#present = false;
    this.#endDtmf();
    this.#closed.resolve();
  }

  /** Handles a message of the worker about this phone. */
  take(message: FromWorkerPhone): void {
    switch (message.type) {
      case 'opened':
        return this.#open(message.port);
      case 'joined':
        return this.#connect(message.from);
      case 'failed':
        return this.#fail(new SipError(message.code, message.reason));
      case 'dtmfEnded':
        return this.#endRequest(message.request, message.code && new SipError(message.code));
      case 'closed':
        return this.#closed.resolve();
      default:
        this.#emit(message);
    }
  }

  use(media: NegotiatedMedia): void {
    this.#media = media;
    this.#send({ type: 'use', phone: this.id, media });
  }

  async join(feed: UdpFeed): Promise<void> {
    this.#feed = feed;
    this.#sendFeed();
    await this.#joining.promise;
  }

  setAudible(audible: boolean): void {
    this.#audible = audible;
    this.#send({ type: 'audible', phone: this.id, audible });
  }

  async sendDtmf(digits: string, duration: number): Promise<void> {
    if (!this.#present || this.#closing || this.#failure) throw new SipError('closed');
    this.#requests += 1;
    const request = this.#requests;
    const ended = Promise.withResolvers<void>();
    this.#dtmf.set(request, ended);
    this.#send({ type: 'dtmf', phone: this.id, request, digits, duration });
    await ended.promise;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** As it was in the worker before. */
  #open(port: number): void {
    const isFirst = this.#port === undefined;
    this.#port = port;
    if (isFirst) return this.#opening.resolve();
    if (this.#media) this.use(this.#media);
    if (!this.#audible) this.setAudible(false);
    this.#sendFeed();
  }

  #sendFeed(): void {
    const feed = this.#feed;
    if (!feed || feed.closed) return this.#joining.resolve();
    const { port, ssrc, payloadType } = feed;
    const from = this.#from;
    this.#send({
      ...{ type: 'join', phone: this.id, feed: { port, ssrc, payloadType }, trackId: feed.publication.trackId },
      ...(from !== undefined && { from }),
    });
  }

  #connect(from: number): void {
    const isKnown = this.#from !== undefined;
    this.#from = from;
    if (isKnown) return;
    const connecting = this.#feed?.connect(from) ?? Promise.resolve();
    connecting.then(
      () => this.#joining.resolve(),
      (error) => this.#fail(new SipError('closed', String(error))),
    );
  }

  #fail(error: SipError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#opening.reject(error);
    this.#joining.reject(error);
    this.#endDtmf();
    this.observer.emit('failed', error);
  }

  #emit(message: Extract<FromWorkerPhone, { readonly type: 'digit' | 'received' | 'silent' }>): void {
    if (this.#closing) return;
    if (message.type === 'digit') this.observer.emit('dtmf', message.digit);
    else this.observer.emit(message.type);
  }

  #endRequest(request: number, error?: SipError): void {
    const ended = this.#dtmf.get(request);
    this.#dtmf.delete(request);
    if (error) ended?.reject(error);
    else ended?.resolve();
  }

  #endDtmf(): void {
    for (const request of [...this.#dtmf.keys()]) this.#endRequest(request, new SipError('closed'));
  }

  #send(message: ToTelephony): void {
    if (this.#present && !this.#closing && !this.#failure) this.#options.send(message);
  }

  async #close(): Promise<void> {
    const error = new SipError('closed');
    this.#opening.reject(error);
    this.#joining.reject(error);
    if (this.#present) this.#options.send({ type: 'closePhone', phone: this.id });
    else this.#closed.resolve();
    this.#options.onClosing();
    const cancel = this.#options.clock.schedule(closeTimeout, () => this.#closed.resolve());
    await this.#closed.promise;
    cancel();
    this.#endDtmf();
    this.#options.onClosed();
  }
}
