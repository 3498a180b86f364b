import { randomInt } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import { GopCache, type VideoPacket } from '../../media/rtp/gop-cache.ts';
import { toNtpTime } from '../../media/rtp/rtcp.ts';
import type { RtpFeed } from '../../sfu/rtp-feed.ts';
import type { Frame } from './frame.ts';

/** Interval of sender reports, in ms. */
const reportInterval = 5000;
/** Minimum interval of replays, in ms: each one costs all viewers bandwidth. */
const replayInterval = 2000;

/** Sends the frames of one track as RTP packets of its feed. */
export class TrackSender {
  readonly #feed: RtpFeed;
  readonly #clock: Clock;
  readonly #base = randomInt(2 ** 32);
  readonly #gop = new GopCache();
  #sequenceNumber = randomInt(0x8000);
  #timestamp = 0;
  #ticksPerFrame = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #replayedAt = Number.NEGATIVE_INFINITY;
  #cancelReplay: (() => void) | undefined;

  constructor(feed: RtpFeed, clock: Clock) {
    this.#feed = feed;
    this.#clock = clock;
    feed.observer.on('keyframeRequest', this.#onKeyframeRequest);
  }

  /** Sends a frame. @param instant its presentation time, in ms since the Unix epoch */
  send({ time, duration, key, payloads }: Frame, instant: number): void {
    this.#timestamp = (this.#base + Math.round(time * this.#feed.clockRate)) >>> 0;
    this.#ticksPerFrame = Math.round(duration * this.#feed.clockRate);
    for (const [index, payload] of payloads.entries()) {
      const packet = { timestamp: this.#timestamp, marker: this.#isLast(index, payloads), payload };
      if (this.#feed.publication.kind === 'video') this.#gop.add(packet, key && index === 0);
      this.#sendPacket(packet);
    }
    // after the packets: mediasoup ignores a report before the first packet of its stream
    this.#report(instant);
  }

  /** Idempotent. */
  close(): void {
    this.#cancelReplay?.();
    this.#feed.observer.off('keyframeRequest', this.#onKeyframeRequest);
  }

  /** The marker bit: the last packet of a video frame. In audio it would mean the start of speech. */
  #isLast(index: number, payloads: readonly Buffer[]): boolean {
    return this.#feed.publication.kind === 'video' && index === payloads.length - 1;
  }

  #sendPacket(packet: VideoPacket): void {
    this.#feed.send({ ...packet, sequenceNumber: this.#sequenceNumber });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
  }

  #report(instant: number): void {
    const now = this.#clock.monotonic();
    if (now - this.#reportedAt < reportInterval) return;
    this.#reportedAt = now;
    this.#feed.report(toNtpTime(instant), this.#timestamp);
  }

  /** A file cannot create a keyframe, but everything since the last one can be sent again. */
  readonly #onKeyframeRequest = (): void => {
    const wait = this.#replayedAt + replayInterval - this.#clock.monotonic();
    if (wait <= 0) return this.#replay();
    this.#cancelReplay ??= this.#clock.schedule(wait, () => this.#replay());
  };

  #replay(): void {
    this.#cancelReplay?.();
    this.#cancelReplay = undefined;
    const packets = this.#gop.replay(this.#timestamp, this.#ticksPerFrame);
    if (packets.length === 0) return;
    this.#replayedAt = this.#clock.monotonic();
    for (const packet of packets) this.#sendPacket(packet);
    this.#timestamp = packets.at(-1)?.timestamp ?? this.#timestamp;
  }
}
