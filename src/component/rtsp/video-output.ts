import type { Clock } from '../../clock/clock.ts';
import { KeyframeRequests } from '../../media/keyframe-requests.ts';
import { GopCache } from '../../media/rtp/gop-cache.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import { timestampDistance } from '../../media/rtp/rtp-packet.ts';
import { OutgoingStream, type StreamTarget } from './outgoing-stream.ts';

export interface VideoOutputOptions {
  readonly target: StreamTarget;
  readonly clock: Clock;
  /** Asks the source for a keyframe. */
  readonly askSource: () => void;
}

/** A packet's worth of H264, not larger than the room takes. */
export interface VideoPayload {
  readonly payload: Buffer;
  readonly marker: boolean;
  /** The source's. */
  readonly timestamp: number;
}

const clockRate = 90_000;
/** In ms. A source that does not listen is not waited for; a replay makes running viewers see a group of pictures again, so it is rare. */
const requestTimes = { interval: 1000, timeout: 300, timeoutInterval: 2000 };

/** A source's video on its way into the room: numbered, timed, and kept for viewers who come later. */
export class VideoOutput {
  readonly #stream: OutgoingStream;
  readonly #cache = new GopCache();
  readonly #requests: KeyframeRequests;
  /** Timestamp of the last packet of the source, ours. */
  #previous: number | undefined;
  #ticksPerFrame = clockRate / 30;
  #replayWanted = false;

  constructor({ target, clock, askSource }: VideoOutputOptions) {
    this.#stream = new OutgoingStream(target, clock);
    const onTimeout = () => this.#wantReplay();
    this.#requests = new KeyframeRequests({ ...requestTimes, clock, ask: askSource, onTimeout });
  }

  /** @param startsKeyframe whether this is the first packet of a keyframe, parameter sets included */
  write({ payload, marker, timestamp }: VideoPayload, startsKeyframe: boolean): void {
    const packet = { payload, marker, timestamp: this.#stream.timeline.take(timestamp) };
    const step = timestampDistance(this.#previous ?? packet.timestamp, packet.timestamp);
    if (step > 0) this.#ticksPerFrame = step;
    this.#previous = packet.timestamp;
    if (startsKeyframe) {
      this.#replayWanted = false;
      this.#requests.satisfy();
    }
    this.#cache.add(packet, startsKeyframe);
    this.#stream.send(packet);
    if (marker && this.#replayWanted) this.#replay();
  }

  /** Viewers are to notice that packets are missing. */
  lost(packets: number): void {
    this.#cache.clear();
    this.#stream.skip(packets);
  }

  /** The source starts anew: what comes next continues what was. */
  restart(): void {
    this.#cache.clear();
    this.#stream.timeline.restart();
    this.#previous = undefined;
  }

  report(report: SenderReport): void {
    this.#stream.report(report);
  }

  /** A viewer, or the relay itself, needs a keyframe. */
  requestKeyframe(): void {
    this.#requests.need();
  }

  /** Idempotent. */
  close(): void {
    this.#requests.close();
  }

  /** Whoever needs a keyframe gets the last one again. */
  #wantReplay(): void {
    this.#requests.satisfy();
    this.#replayWanted = !this.#replay();
  }

  /** @returns whether it was done; between two complete frames only */
  #replay(): boolean {
    this.#replayWanted = false;
    const packets = this.#cache.replay(this.#stream.timeline.last, this.#ticksPerFrame);
    for (const packet of packets) {
      this.#stream.timeline.sent(packet.timestamp);
      this.#stream.send(packet);
    }
    return packets.length > 0;
  }
}
