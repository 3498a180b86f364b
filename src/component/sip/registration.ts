import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import { registrarUri, type SipAccount } from './account.ts';
import { contactExpiresOf, contactsOf, expiresOf, minExpiresOf, retryAfterOf } from './message/header-values.ts';
import { outgoingRequest } from './message/outgoing-request.ts';
import type { SipResponse } from './message/sip-message.ts';
import { equalSipUris, escapeUser, parseSipUri } from './message/sip-uri.ts';
import { SipError, type SipErrorCode } from './sip-error.ts';
import type { SipRegistration, SipRegistrationEvents, SipRegistrationState } from './telephony.ts';
import type { ReceivedResponse, Transactions } from './transaction/transaction.ts';
import type { Hop } from './transport/hop.ts';
import type { HopResolver, SipTransport } from './transport/sip-transport.ts';

/** What is asked for, in seconds. */
const requestedExpires = 300;
/** In ms; docs/contracts/fishjam-rest.md 6.5. */
const maxRefresh = 45_000;
const minRefresh = 1000;
/** Without a first success, in ms. */
const patience = 32_000;
/** Until the next attempt after a failure, in ms: it doubles. */
const firstRetry = 5000;
const maxRetry = 60_000;
/** Most that a Retry-After of the registrar can ask for, in ms. */
const maxRetryAfter = 300_000;
/** After a connection was lost, in ms: a registrar that closes each one is not called without end. */
const reconnectDelay = 1000;
/** Of unregistering, in ms. */
const closeTimeout = 2000;
/** Most that a registrar can ask for with 423, in seconds. */
const maxMinExpires = 86_400;

export interface RegistrationOptions {
  readonly account: SipAccount;
  /** URI of a proxy that every request goes to first. */
  readonly proxy?: string;
  /** URI of our Contact in requests to a hop. */
  readonly contact: (hop: Hop) => string;
  /** With the credentials of the account. */
  readonly transactions: Transactions;
  readonly resolver: HopResolver;
  readonly transport: Pick<SipTransport, 'observer'>;
  readonly clock: Clock;
  readonly token: () => string;
}

/** Keeps an account registered (RFC 3261 section 10.2) until it is closed. */
export class Registration implements SipRegistration {
  readonly observer = new EventEmitter<SipRegistrationEvents>();
  readonly #options: RegistrationOptions;
  readonly #callId: string;
  readonly #tag: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #cancelPatience: () => void;
  readonly #onDisconnected = (hop: Hop) => this.#disconnected(hop);
  /** Ends the wait for the next attempt. */
  #wake = new AbortController();
  /** Ends the attempt that is under way. */
  #abandon = new AbortController();
  #state: SipRegistrationState = 'registering';
  #lastError: SipErrorCode | undefined;
  #sequence = 0;
  #expires = requestedExpires;
  /** Who has our binding. */
  #registrar: Hop | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#callId = options.token();
    this.#tag = options.token();
    this.#cancelPatience = options.clock.schedule(patience, () => this.#refuse(new SipError('timeout')));
    options.transport.observer.on('disconnected', this.#onDisconnected);
    this.#running = this.#run();
  }

  get state(): SipRegistrationState {
    return this.#state;
  }

  get lastError(): SipErrorCode | undefined {
    return this.#lastError;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #run(): Promise<void> {
    let retry = firstRetry;
    // a listener that is added after the construction hears of everything
    await Promise.resolve();
    while (this.#active) {
      this.#wake = new AbortController();
      let wait: number;
      try {
        wait = await this.#register();
        retry = firstRetry;
      } catch (error) {
        if (!this.#active) return;
        wait = Math.max(retry, this.#failed(error));
        retry = Math.min(retry * 2, maxRetry);
      }
      if (!this.#active) return;
      await pause(this.#options.clock, wait, this.#wake.signal);
      if (!this.#active || !this.#wake.signal.aborted) continue;
      this.#wake = new AbortController();
      await pause(this.#options.clock, reconnectDelay, this.#wake.signal);
    }
  }

  /** Neither refused nor being closed. */
  get #active(): boolean {
    return !this.#stop.signal.aborted && !this.#closing;
  }

  /** @returns ms until it is to be refreshed */
  async #register(): Promise<number> {
    let received = await this.#send(this.#expires);
    const min = minExpiresOf(received.response.headers) ?? 0;
    if (received.response.status === 423 && min > this.#expires && min <= maxMinExpires) {
      this.#expires = min;
      received = await this.#send(min);
    }
    const { response, hop } = received;
    if (response.status >= 300) throw new RefusedRegistration(response);
    const granted = this.#granted(response, hop);
    if (granted === 0) throw new SipError('rejected', 'The registrar granted no time.', response.status);
    this.#registrar = hop;
    if (this.#active) this.#succeeded();
    return Math.min(Math.max(granted * 500, minRefresh), maxRefresh);
  }

  #succeeded(): void {
    this.#cancelPatience();
    const news = this.#state !== 'registered';
    this.#state = 'registered';
    this.#lastError = undefined;
    if (news) this.observer.emit('registered');
  }

  /** @returns ms for which the registrar wants to be left alone */
  #failed(error: unknown): number {
    const failure = failureOf(error);
    this.#lastError = failure.code;
    if (failure.code === 'unauthorized' && !this.#registrar) this.#refuse(failure);
    else {
      this.#state = 'failed';
      this.observer.emit('failed', failure);
    }
    return error instanceof RefusedRegistration ? Math.min(error.retryAfter * 1000, maxRetryAfter) : 0;
  }

  #refuse(error: SipError): void {
    if (!this.#active) return;
    this.#end();
    this.#state = 'failed';
    this.#lastError = error.code;
    this.observer.emit('refused', error);
  }

  /** Time of our binding, in seconds: that of the Contact, or of all of them. */
  #granted({ headers }: SipResponse, hop: Hop): number {
    const own = parseSipUri(this.#options.contact(hop));
    const contact = contactsOf(headers)?.find(({ uri }) => {
      const parsed = parseSipUri(uri);
      return own && parsed && equalSipUris(own, parsed);
    });
    return (contact && contactExpiresOf(contact.parameters)) ?? expiresOf(headers) ?? this.#expires;
  }

  async #send(expires: number): Promise<ReceivedResponse> {
    const { account, proxy, contact, transactions, resolver } = this.#options;
    const { registrar, username } = account;
    this.#abandon = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#abandon.signal]);
    const hops = await resolver.resolve(proxy ?? registrarUri(registrar));
    const address = `<${registrar.scheme}:${escapeUser(username)}@${registrar.host}>`;
    const { transport: _, ...domain } = registrar;
    const request = outgoingRequest({
      method: 'REGISTER',
      uri: registrarUri(domain),
      from: `${address};tag=${this.#tag}`,
      to: address,
      callId: this.#callId,
      sequence: this.#nextSequence(),
      ...(proxy !== undefined && { routes: [`<${proxy};lr>`] }),
      headers: [['expires', String(expires)]],
    });
    return await transactions.ask(request, hops, {
      contact: (hop) => `<${contact(hop)}>`,
      nextSequence: () => this.#nextSequence(),
      signal,
    });
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** The registrar cannot reach us any more. */
  #disconnected(hop: Hop): void {
    const mine = this.#registrar;
    if (mine?.protocol !== hop.protocol || mine.address !== hop.address || mine.port !== hop.port) return;
    if (!this.#active) return;
    this.#abandon.abort();
    this.#wake.abort();
  }

  async #close(): Promise<void> {
    // for `closing` to be set: it is not active any more
    await Promise.resolve();
    this.#state = 'closed';
    this.#wake.abort();
    if (this.#registrar) await this.#unregister();
    this.#end();
  }

  /** Waits for a refresh that is under way: of two requests the registrar may take the earlier one last. */
  async #unregister(): Promise<void> {
    const cancelLimit = this.#options.clock.schedule(closeTimeout, () => this.#end());
    const ended = new Promise<void>((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve());
    });
    await Promise.race([ended, this.#running.then(() => this.#send(0)).catch(() => undefined)]);
    cancelLimit();
  }

  #end(): void {
    this.#cancelPatience();
    this.#options.transport.observer.off('disconnected', this.#onDisconnected);
    this.#stop.abort();
    this.#wake.abort();
  }
}

/** A final response that is a failure. */
class RefusedRegistration extends SipError {
  /** In seconds. */
  readonly retryAfter: number;

  constructor({ status, headers }: SipResponse) {
    // 403: that is how some registrars answer a wrong password, and it is not to be tried again (RFC 3261 section 21.4.4)
    super(status === 403 ? 'unauthorized' : 'rejected', `The registrar responded with ${status}.`, status);
    this.retryAfter = retryAfterOf(headers) ?? 0;
  }
}

function failureOf(error: unknown): SipError {
  if (!(error instanceof SipError)) return new SipError('unreachable');
  // the connection was lost under the request
  return error.code === 'closed' ? new SipError('unreachable') : error;
}
