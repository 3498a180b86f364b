import type { Clock } from '../../clock/clock.ts';
import type { AddressGuard } from '../../net/address-guard.ts';
import type { Resolve } from '../../net/guarded-lookup.ts';
import type { Component } from '../../room/component.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import { defaultRtpPort, type RtspOptions, type RtspProperties } from './options.ts';
import { RtspError, type RtspErrorCode } from './rtsp-error.ts';
import { RtspSession } from './rtsp-session.ts';
import { parseSourceAddress, type SourceAddress } from './source-address.ts';
import { SourceMedia } from './source-media.ts';

export interface RtspDependencies {
  /** Which addresses sources may have. */
  readonly guard: AddressGuard;
  /** Whether the certificate of an rtsps source must be valid. */
  readonly verifyTls: boolean;
  readonly clock: Clock;
  /** @defaultValue the system's resolver */
  readonly resolve?: Resolve;
}

export type RtspState = 'connecting' | 'streaming' | 'waiting' | 'closed';

/** Timeout of a connection and of each response, in ms. */
const responseTimeoutMs = 5000;
/** A source that stays away for longer loses its tracks, in ms. */
const trackTimeoutMs = 60_000;
/** Even a reconnect delay of 0 must not become a flood, in ms. */
const minDelayMs = 200;

/** A stream of an RTSP source, such as a camera, in a room: connected again, without end, whenever it goes away. */
export class RtspComponent extends RunningComponent {
  readonly #options: RtspOptions;
  readonly #dependencies: RtspDependencies;
  readonly #media: SourceMedia;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #state: RtspState = 'connecting';
  #lastError: RtspErrorCode | 'failed' | undefined;
  #session: RtspSession | undefined;
  /** The last time no packet came: firewalls let UDP through less often than TCP, some cameras know only the one. */
  #overTcp = false;
  #cancelWithdrawal: (() => void) | undefined;

  constructor(base: RunningComponentOptions, options: RtspOptions, dependencies: RtspDependencies) {
    super('rtsp', base);
    this.#options = options;
    this.#dependencies = dependencies;
    this.#media = new SourceMedia({
      feeds: {
        open: (codec) => this.openFeed(codec),
        announce: (feeds) => this.announce(feeds),
        withdraw: (feed) => this.withdraw(feed),
      },
      clock: dependencies.clock,
      logger: this.logger,
      onFailure: (error) => this.#session?.fail(error),
    });
  }

  get state(): RtspState {
    return this.#state;
  }

  /** Why the last session ended or did not come about. */
  get lastError(): RtspErrorCode | 'failed' | undefined {
    return this.#lastError;
  }

  properties(): RtspProperties {
    const { sourceUri, rtpPort = defaultRtpPort, reconnectDelay, keepAliveInterval, pierceNat } = this.#options;
    return { sourceUri, rtpPort, reconnectDelay, keepAliveInterval, pierceNat };
  }

  /** A source that is no RTSP URL crashes the component a moment later. */
  override async open(): Promise<Component> {
    const component = await this.enter();
    this.#running = this.#wait(0).then(() => this.#begin());
    return component;
  }

  protected async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelWithdrawal?.();
    await this.#session?.close();
    await this.#running;
    await this.#media.close();
    this.#state = 'closed';
  }

  async #begin(): Promise<void> {
    try {
      await this.#run(parseSourceAddress(this.#options.sourceUri));
    } catch (error) {
      this.#lastError = 'bad_url';
      this.crash(error);
    }
  }

  async #run(address: SourceAddress): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#state = 'connecting';
      const delay = await this.#receive(address).catch((error: unknown) => this.#failed(error, address));
      if (signal.aborted) return;
      this.#state = 'waiting';
      await this.#wait(delay);
    }
  }

  /** One session from beginning to end. @throws what ended it */
  async #receive(address: SourceAddress): Promise<never> {
    const { guard, verifyTls, clock, resolve } = this.#dependencies;
    const { rtpPort, keepAliveInterval, pierceNat } = this.#options;
    const session = await RtspSession.open({
      address,
      connection: { guard, verifyTls, clock, timeoutMs: responseTimeoutMs, ...(resolve && { resolve }) },
      clock,
      port: { port: rtpPort ?? defaultRtpPort, exact: rtpPort !== undefined },
      keepAliveInterval,
      pierceNat,
      overTcp: this.#overTcp || address.secure,
      ssrc: this.#media.ssrc,
      signal: this.#stop.signal,
    });
    this.#session = session;
    try {
      this.#stop.signal.throwIfAborted();
      await this.#media.begin(session);
      await session.play();
      this.#playing(address);
      const failure = await session.ended(this.#stop.signal);
      if (failure.code === 'rtp_timeout' && !session.received) this.#overTcp = !this.#overTcp;
      throw failure;
    } finally {
      this.#session = undefined;
      await this.#media.pause();
      await session.close();
    }
  }

  #playing({ host, port }: SourceAddress): void {
    this.#cancelWithdrawal?.();
    this.#cancelWithdrawal = undefined;
    this.#state = 'streaming';
    this.#lastError = undefined;
    this.#media.announce();
    this.logger.info({ host, port }, 'An RTSP source is being received.');
  }

  /** @returns how long to wait, in ms */
  #failed(error: unknown, { host, port }: SourceAddress): number {
    if (this.#stop.signal.aborted) return 0;
    const code = error instanceof RtspError ? error.code : 'failed';
    const delay = Math.max(this.#options.reconnectDelay, minDelayMs);
    // What a camera does wrong needs no stack.
    const cause = error instanceof RtspError ? { cause: error.message } : { err: error };
    const fields = { host, port, code, ...cause, retryInMs: delay };
    // a camera that is off for the night needs no line every few seconds
    this.logger[code === this.#lastError ? 'debug' : 'warn'](fields, 'An RTSP source is not received.');
    this.#lastError = code;
    this.#cancelWithdrawal ??= this.#dependencies.clock.schedule(trackTimeoutMs, () => this.#withdraw());
    return delay;
  }

  /** Not while a session that may need the tracks is being set up. */
  #withdraw(): void {
    if (!this.#session) return this.#media.withdraw();
    this.#cancelWithdrawal = this.#dependencies.clock.schedule(1000, () => this.#withdraw());
  }

  #wait(delay: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#dependencies.clock.schedule(delay, done);
      signal.addEventListener('abort', done);
    });
  }
}
