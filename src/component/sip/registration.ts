import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import { RefusedRegistration, RegisterRequests, type RegisterRequestsOptions } from './register-requests.ts';
import { asSipError, SipError, type SipErrorCode } from './sip-error.ts';
import type { SipRegistration, SipRegistrationEvents, SipRegistrationState } from './telephony.ts';
import { type Hop, sameHop } from './transport/hop.ts';
import type { SipTransport } from './transport/sip-transport.ts';

/** Until the refresh, in ms: half of what was granted, within these; docs/contracts/fishjam-rest.md 6.5. */
const maxRefresh = 45_000;
const minRefresh = 1000;
/** Without a first success, in ms. */
const firstTimeout = 32_000;
/** Until the next attempt after a failure, in ms: it doubles. */
const firstRetry = 5000;
const maxRetry = 60_000;
/** Most that a Retry-After of the registrar can ask for, in ms. */
const maxRetryAfter = 300_000;
/** After a connection was lost, in ms: it doubles while none lasts until the refresh. */
const firstReconnect = 1000;
/** Of unregistering, in ms. */
const closeTimeout = 2000;

export interface RegistrationOptions extends RegisterRequestsOptions {
  readonly transport: Pick<SipTransport, 'observer'>;
  readonly clock: Clock;
}

/** Keeps an account registered until it is closed. */
export class Registration implements SipRegistration {
  readonly observer = new EventEmitter<SipRegistrationEvents>();
  readonly #transport: Pick<SipTransport, 'observer'>;
  readonly #clock: Clock;
  readonly #requests: RegisterRequests;
  /** Ends everything. */
  readonly #stop = new AbortController();
  /** Ends the wait for the next attempt. */
  #wake = new AbortController();
  /** Until the next attempt if the connection is lost, in ms. */
  #reconnect = firstReconnect;
  readonly #running: Promise<void>;
  readonly #cancelTimeout: () => void;
  readonly #onDisconnected = (hop: Hop) => this.#disconnected(hop);
  #state: SipRegistrationState = 'registering';
  #lastError: SipErrorCode | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RegistrationOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#requests = new RegisterRequests(options);
    this.#cancelTimeout = options.clock.schedule(firstTimeout, () => this.#refuse(new SipError('timeout')));
    options.transport.observer.on('disconnected', this.#onDisconnected);
    this.#running = this.#run();
  }

  get state(): SipRegistrationState {
    return this.#state;
  }

  get lastError(): SipErrorCode | undefined {
    return this.#lastError;
  }

  /** Whether the registrar has our Contact with all its parameters. */
  get keepsContact(): boolean {
    return this.#requests.keepsContact;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Neither refused nor being closed. */
  get #active(): boolean {
    return !this.#stop.signal.aborted && !this.#closing;
  }

  async #run(): Promise<void> {
    let retry = firstRetry;
    // a listener that is added after the construction hears of everything
    await Promise.resolve();
    while (this.#active) {
      let wait: number;
      try {
        wait = await this.#register();
        retry = firstRetry;
      } catch (error) {
        if (!this.#active) return;
        wait = Math.max(retry, this.#failed(error));
        retry = Math.min(retry * 2, maxRetry);
      }
      if (this.#active) await this.#waitFor(wait);
    }
  }

  /** @returns ms until it is to be refreshed */
  async #register(): Promise<number> {
    const granted = await this.#requests.register(this.#stop.signal);
    if (this.#active) this.#succeeded();
    return Math.min(Math.max(granted * 500, minRefresh), maxRefresh);
  }

  async #waitFor(duration: number): Promise<void> {
    this.#wake = new AbortController();
    await pause(this.#clock, duration, this.#wake.signal);
    const lost = this.#wake.signal.aborted;
    const delay = this.#reconnect;
    this.#reconnect = lost ? Math.min(delay * 2, maxRefresh) : firstReconnect;
    if (!this.#active || !lost) return;
    this.#wake = new AbortController();
    await pause(this.#clock, delay, this.#wake.signal);
  }

  #succeeded(): void {
    this.#cancelTimeout();
    const news = this.#state !== 'registered';
    this.#state = 'registered';
    this.#lastError = undefined;
    if (news) this.observer.emit('registered');
  }

  /** @returns ms for which the registrar wants to be left alone */
  #failed(error: unknown): number {
    const failure = asSipError(error);
    this.#lastError = failure.code;
    if (failure.code === 'unauthorized' && !this.#requests.registrar) this.#refuse(failure);
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

  /** The registrar cannot reach us any more. A request that is under way is sent over another connection by its transaction. */
  #disconnected(hop: Hop): void {
    const { registrar } = this.#requests;
    if (registrar && sameHop(hop, registrar)) this.#wake.abort();
  }

  async #close(): Promise<void> {
    // for `closing` to be set: it is not active any more
    await Promise.resolve();
    this.#state = 'closed';
    this.#wake.abort();
    if (this.#requests.registrar) await this.#unregister();
    this.#end();
  }

  /** Waits for a refresh that is under way: of two requests the registrar may take the earlier one last. */
  async #unregister(): Promise<void> {
    const cancelLimit = this.#clock.schedule(closeTimeout, () => this.#end());
    const { signal } = this.#stop;
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const unregistered = this.#running.then(() => this.#requests.unregister(signal)).catch(() => undefined);
    await Promise.race([ended, unregistered]);
    cancelLimit();
  }

  #end(): void {
    this.#cancelTimeout();
    this.#transport.observer.off('disconnected', this.#onDisconnected);
    this.#stop.abort();
    this.#wake.abort();
  }
}
