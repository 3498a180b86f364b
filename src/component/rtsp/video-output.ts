import type { Clock } from '../../clock/clock.ts';
import { KeyframeRequests } from '../../media/keyframe-requests.ts';
import { GopCache, type VideoPacket } from '../../media/rtp/gop-cache.ts';
import { OutgoingStream, type PacketTarget } from '../../media/rtp/outgoing-stream.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import { timestampDistance } from '../../media/rtp/rtp-packet.ts';

export interface VideoOutputOptions {
  readonly target: PacketTarget;
  readonly clock: Clock;
  /** Requests a keyframe from the source. */
  readonly askSource: () => void;
}

const clockRate = 90_000;
/** In ms. A source that does not respond is not waited for. A replay makes all viewers see the group of pictures again, so it is rare. */
const requestTimes = { interval: 1000, timeout: 300, timeoutInterval: 2000 };

/** Sends a source's video into the room, with sequence numbers and timestamps of our own, and caches it for later viewers. */
export class VideoOutput {
  readonly #stream: OutgoingStream;
  readonly #cache = new GopCache();
  readonly #requests: KeyframeRequests;
  /** Our timestamp of the last packet of the source. */
  #previous: number | undefined;
  /** The source's timestamp of the frame that is being sent. */
  #current: number | undefined;
  #ticksPerFrame = clockRate / 30;
  #replayWanted = false;
  #written = 0;

  constructor({ target, clock, askSource }: VideoOutputOptions) {
    this.#stream = new OutgoingStream(target, clock);
    const onTimeout = () => this.#wantReplay();
    this.#requests = new KeyframeRequests({ ...requestTimes, clock, ask: askSource, onTimeout });
  }

  /** Number of packets of the source so far; repeated ones do not count. */
  get written(): number {
    return this.#written;
  }

  /** Sends a packet with a timestamp of the source. @param startsKeyframe whether it is the first packet of a keyframe, parameter sets included */
  write({ payload, marker, timestamp }: VideoPacket, startsKeyframe: boolean): void {
    this.#written += 1;
    const { timeline } = this.#stream;
    const begins = timestamp !== this.#current;
    this.#current = marker ? undefined : timestamp;
    const packet = { payload, marker, timestamp: begins ? timeline.takeFrame(timestamp) : timeline.last };
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

  /** To be called after a loss: leaves a gap that viewers notice. */
  lost(packets: number): void {
    this.#cache.clear();
    this.#stream.skip(packets);
  }

  /** To be called when the source restarts: the next packet continues the stream. */
  restart(): void {
    this.#cache.clear();
    this.#stream.timeline.restart();
    this.#previous = undefined;
    this.#current = undefined;
  }

  report(report: SenderReport): void {
    this.#stream.report(report);
  }

  /** To be called when a viewer or the relay needs a keyframe. */
  requestKeyframe(): void {
    this.#requests.need();
  }

  /** Idempotent. */
  close(): void {
    this.#requests.close();
  }

  /** Replays the last keyframe and the frames after it. */
  #wantReplay(): void {
    this.#requests.satisfy();
    this.#replayWanted = !this.#replay();
  }

  /** @returns whether it was replayed, which is possible only between two frames */
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
