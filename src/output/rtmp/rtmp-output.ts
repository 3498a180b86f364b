import { EventEmitter, once } from 'node:events';
import { type Clock, systemClock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import type { Logger } from '../../log/logger.ts';
import { type ProgramFormat, type ProgramSample, type ProgramSink, timescale } from '../../media/sample.ts';
import type { AddressGuard } from '../../net/address-guard.ts';
import { restartDelay } from '../../process/restart-policy.ts';
import { AudioProgress } from '../../program/audio-progress.ts';
import { OutputError, type ProgramOutput } from '../program-output.ts';
import { sampleTime } from './flv-body.ts';
import { connectionClosed, RtmpPublisher } from './rtmp-publisher.ts';
import { type RequestedStream, type RtmpTarget, rtmpTargets } from './rtmp-target.ts';

export interface RtmpOutputOptions extends RequestedStream {
  readonly guard: AddressGuard;
  /** Time without a connection after which the output fails, in ms. */
  readonly retryTime: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly logger: Logger;
}

const backoff = { firstMs: 1000, maxMs: 30_000, stableMs: 0 };
/** Maximum number of bytes that wait for a slow server; beyond it frames are dropped until the next keyframe. */
const maxWaiting = 4_000_000;
/** Time after which a server that accepts no data is considered lost, in ms. */
const stallTime = 15_000;
/** Minimum duration of a connection after which the count of short ones is reset, in ms. */
const stableTime = 10_000;
/** Number of refusals without a word after which they are final: a server that closes the connection at once may just be starting. */
const maxRefusals = 3;

/**
 * Pushes the program of a room to an RTMP server; not with ffmpeg, whose arguments would show the stream key to every user of the host.
 * When the server goes away, connecting is retried with increasing delays; the stream then continues with a keyframe, and so does its time.
 */
export class RtmpOutput implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly sink: ProgramSink = {
    format: (format) => this.#takeFormat(format),
    sample: (sample) => this.#takeSample(sample),
    end: () => this.#abort.abort(),
  };
  readonly #options: RtmpOutputOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #aborted = once(this.#abort.signal, 'abort');
  readonly #done: Promise<void>;
  #format: ProgramFormat | undefined;
  #publisher: RtmpPublisher | undefined;
  /** Whether the server needs the format and a keyframe. */
  #fresh = true;
  /** Since when the server has accepted no data, in ms. */
  #stalledAt: number | undefined;
  /** Program time of the first frame that was sent, in ms. */
  #base: number | undefined;
  readonly #audio = new AudioProgress();
  #ran = false;

  constructor(options: RtmpOutputOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
    // The caller adds its listeners first.
    this.#done = Promise.resolve().then(() => this.#run());
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    try {
      await this.#keepPublishing(rtmpTargets(this.#options));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const known = error instanceof OutputError ? error : new OutputError('broken', 'The stream failed');
      if (known !== error) this.#logger.error({ err: error }, 'An RTMP output failed unexpectedly.');
      this.observer.emit('failed', known);
    }
  }

  /** Connects until the output is closed. Rejects with the OutputError when retrying has ended. */
  async #keepPublishing(targets: readonly [RtmpTarget, ...RtmpTarget[]]): Promise<void> {
    const { guard, retryTime, random = Math.random } = this.#options;
    const { signal } = this.#abort;
    let [target] = targets;
    let since = this.#clock.monotonic();
    let attempt = 0;
    let refusals = 0;
    while (!signal.aborted) {
      const { failure, streamed } = await this.#publish(target, guard);
      if (signal.aborted) return;
      // Streaming is no time without a server.
      since += streamed;
      // A server that has accepted the stream before may still hold the old connection.
      const isRefused = failure.kind === 'refused' && !this.#ran;
      if (isRefused) refusals += 1;
      const now = this.#clock.monotonic();
      if (streamed >= stableTime) [since, attempt] = [now, 0];
      else if (now - since >= retryTime || (isRefused && isFinal(failure, refusals, targets.length))) throw failure;
      if (isRefused) target = targets[refusals % targets.length] ?? target;
      const waitMs = restartDelay(backoff, attempt, random());
      this.#logger.warn(
        { host: target.host, waitMs, reason: failure.message },
        'An RTMP server is lost, trying again.',
      );
      attempt += 1;
      await pause(this.#clock, waitMs, signal);
    }
  }

  /** Runs one connection until it ends. @returns its error, and the time for which it streamed, in ms */
  async #publish(target: RtmpTarget, guard: AddressGuard): Promise<{ failure: OutputError; streamed: number }> {
    const { signal } = this.#abort;
    let publisher: RtmpPublisher;
    try {
      publisher = await RtmpPublisher.start({ target, guard, clock: this.#clock }, signal);
    } catch (error) {
      if (error instanceof OutputError) return { failure: error, streamed: 0 };
      throw error;
    }
    this.#fresh = true;
    this.#stalledAt = undefined;
    this.#publisher = publisher;
    const startedAt = this.#clock.monotonic();
    await Promise.race([this.#aborted, once(publisher.observer, 'lost')]);
    this.#publisher = undefined;
    await publisher.close();
    const failure = new OutputError('broken', 'The RTMP server closed the connection: Broken pipe');
    return { failure, streamed: this.#clock.monotonic() - startedAt };
  }

  #takeFormat(format: ProgramFormat): void {
    this.#format = format;
    this.#fresh = true;
  }

  #takeSample(sample: ProgramSample): void {
    const publisher = this.#publisher;
    if (!publisher || !this.#format || this.#isStalled(publisher)) return;
    if (this.#fresh && !(sample.kind === 'video' && sample.keyframe)) return;
    this.#base ??= sampleTime(sample);
    const time = sampleTime(sample) - this.#base;
    if (this.#fresh) {
      this.#fresh = false;
      publisher.format(this.#format, time);
      // Audio from before the first frame of a connection would delay everything after it.
      this.#audio.skipTo((sample.time * timescale.audio) / timescale.video);
    }
    if (sample.kind === 'audio' && !this.#audio.accept(sample)) return;
    publisher.sample(sample, time);
    if (this.#ran) return;
    this.#ran = true;
    this.observer.emit('running');
  }

  #isStalled(publisher: RtmpPublisher): boolean {
    if (publisher.waiting <= maxWaiting) {
      this.#stalledAt = undefined;
      return false;
    }
    const now = this.#clock.monotonic();
    this.#fresh = true;
    this.#stalledAt ??= now;
    if (now - this.#stalledAt > stallTime) publisher.drop();
    return true;
  }
}

/** @param meanings number of applications that the URL can name */
function isFinal({ message }: OutputError, refusals: number, meanings: number): boolean {
  return refusals >= (message === connectionClosed ? maxRefusals : meanings);
}
