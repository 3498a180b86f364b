import { pause } from '../../clock/pause.ts';
import type { Component } from '../../room/component.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { UndecodableTrack } from './decoding-watch.ts';
import { defaultRtpPort, type RtspOptions, type RtspProperties } from './options.ts';
import type { RtspConnectionOptions } from './rtsp-connection.ts';
import { RtspError, type RtspErrorCode } from './rtsp-error.ts';
import { RtspSession } from './rtsp-session.ts';
import type { UnsupportedStream } from './sdp.ts';
import { parseSourceAddress, type SourceAddress } from './source-address.ts';
import { SourceMedia } from './source-media.ts';

/** `undecodable`: the source sends packets, but nothing of them can be decoded. */
export type RtspState = 'connecting' | 'streaming' | 'undecodable' | 'waiting' | 'closed';

/** Time without a source after which its tracks are removed, in ms. */
const trackTimeoutMs = 60_000;
/** Minimum reconnect delay, in ms. */
const minDelayMs = 200;

/** Receives an RTSP source, such as a camera, into a room. Whenever the source goes away, it is reconnected, without a limit. */
export class RtspComponent extends RunningComponent {
  readonly #options: RtspOptions;
  readonly #dependencies: RtspConnectionOptions;
  readonly #media: SourceMedia;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #state: RtspState = 'connecting';
  #lastError: RtspErrorCode | 'failed' | undefined;
  #unsupported: readonly UnsupportedStream[] = [];
  #session: RtspSession | undefined;
  #address: Pick<SourceAddress, 'host' | 'port'> | undefined;
  /**
   * Whether the last session got no packets or another transport than requested: the next one then uses TCP only. Firewalls may block UDP,
   * and some cameras support only TCP.
   */
  #overTcp = false;
  #cancelWithdrawal: (() => void) | undefined;

  constructor(base: RunningComponentOptions, options: RtspOptions, dependencies: RtspConnectionOptions) {
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
      onDecoding: (undecodable) => this.#decoding(undecodable),
    });
  }

  get state(): RtspState {
    return this.#state;
  }

  /** Why the last session ended or failed to start, or what of the current one cannot be decoded. */
  get lastError(): RtspErrorCode | 'failed' | undefined {
    return this.#lastError;
  }

  /** Streams of the source that cannot be received, as of the last session. */
  get unsupported(): readonly UnsupportedStream[] {
    return this.#unsupported;
  }

  properties(): RtspProperties {
    const { sourceUri, rtpPort = defaultRtpPort, reconnectDelay, keepAliveInterval, pierceNat } = this.#options;
    return { sourceUri, rtpPort, reconnectDelay, keepAliveInterval, pierceNat };
  }

  /** Joins the room. A source that is not an RTSP URL crashes the component afterwards. */
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

  /** Runs one session until it ends. Rejects with the reason. */
  async #receive(address: SourceAddress): Promise<never> {
    const { rtpPort, keepAliveInterval, pierceNat } = this.#options;
    const session = await RtspSession.open({
      ...this.#dependencies,
      address,
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
      this.#name(session.unsupported, address);
      const failure = await session.ended();
      if (failure.code === 'rtp_timeout' && !session.received) this.#overTcp = !this.#overTcp;
      throw failure;
    } finally {
      this.#session = undefined;
      await this.#media.pause();
      await session.close();
    }
  }

  #playing({ host, port }: SourceAddress): void {
    this.#address = { host, port };
    this.#cancelWithdrawal?.();
    this.#cancelWithdrawal = undefined;
    this.#state = 'streaming';
    this.#lastError = undefined;
    this.#media.announce();
    this.logger.info({ host, port }, 'An RTSP source is received.');
  }

  /** Says what of the session cannot be decoded, or that everything can again. */
  #decoding(undecodable: readonly UndecodableTrack[]): void {
    const [worst] = undecodable;
    this.#state =
      undecodable.length > 0 && undecodable.length === this.#session?.tracks.length ? 'undecodable' : 'streaming';
    this.#lastError = worst && `undecodable_${worst.kind}`;
    if (!worst) return this.logger.info(this.#address, 'An RTSP source can be decoded again.');
    for (const { kind, problem } of undecodable) {
      const { code, message: cause } = new RtspError(`undecodable_${kind}`, problem);
      this.logger.warn({ ...this.#address, code, cause }, 'An RTSP source sends nothing that can be decoded.');
    }
  }

  /** Logs streams that are not received, once and when they have changed. */
  #name(unsupported: readonly UnsupportedStream[], { host, port }: SourceAddress): void {
    const before = JSON.stringify(this.#unsupported);
    this.#unsupported = unsupported;
    if (JSON.stringify(unsupported) === before) return;
    for (const { kind, encoding } of unsupported) {
      this.logger.warn({ host, port, kind, encoding }, 'A stream of an RTSP source is not supported.');
    }
  }

  /** @returns the delay before the next session, in ms */
  #failed(error: unknown, { host, port }: SourceAddress): number {
    if (this.#stop.signal.aborted) return 0;
    const code = error instanceof RtspError ? error.code : 'failed';
    if (code === 'unsupported_transport') this.#overTcp = !this.#overTcp;
    const delay = Math.max(this.#options.reconnectDelay, minDelayMs);
    // An error of a camera is logged without a stack.
    const cause = error instanceof RtspError ? { cause: error.message } : { err: error };
    const fields = { host, port, code, ...cause, retryInMs: delay };
    // repeated failures are logged once: a camera may be off all night
    this.logger[code === this.#lastError ? 'debug' : 'warn'](fields, 'An RTSP source is not received.');
    this.#lastError = code;
    this.#cancelWithdrawal ??= this.#dependencies.clock.schedule(trackTimeoutMs, () => this.#withdraw());
    return delay;
  }

  /** Removes the tracks, unless a session that may need them is being set up. */
  #withdraw(): void {
    if (!this.#session) return this.#media.withdraw();
    this.#cancelWithdrawal = this.#dependencies.clock.schedule(1000, () => this.#withdraw());
  }

  #wait(delay: number): Promise<void> {
    return pause(this.#dependencies.clock, delay, this.#stop.signal);
  }
}
