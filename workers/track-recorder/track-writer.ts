import type { Clock } from '../../src/clock/clock.ts';
import { KeyframeRequests } from '../../src/media/keyframe-requests.ts';
import { avcFormat, toAvcSample } from '../../src/media/rtp/avc-format.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import type { EndpointClock } from '../ingest/endpoint-clock.ts';
import { FrameAssembler, keyframeRequestTimes, type ReceivedFrame } from '../ingest/frame-assembler.ts';
import { type Arrival, StreamSocket } from '../ingest/stream-socket.ts';
import { TrackClock } from '../ingest/track-clock.ts';
import type { TrackFiles } from './track-files.ts';
import { opusFormat, vp8Format } from './track-format.ts';

/** Time that a missing packet is waited for, in ms. Writing is at most this plus one frame behind. */
const delay = 120;

export interface TrackWriterOptions {
  readonly stream: ForwardedStream;
  readonly endpoint: EndpointClock;
  readonly clock: Clock;
  readonly files: TrackFiles;
  readonly onKeyframeNeeded: () => void;
  /** Called when the sender does not respond to keyframe requests. */
  readonly onKeyframeTimeout: () => void;
  /** Called when a packet cannot be processed, which must not end the recordings of other rooms. */
  readonly onFailure: (error: Error) => void;
}

/** Receives one track on a UDP port and writes it to files without transcoding. */
export class TrackWriter {
  readonly #options: TrackWriterOptions;
  readonly #socket: StreamSocket;
  readonly #clock: TrackClock;
  readonly #frames: FrameAssembler | undefined;
  readonly #keyframes: KeyframeRequests;

  constructor(options: TrackWriterOptions) {
    this.#options = options;
    const { stream, clock, endpoint } = options;
    this.#clock = new TrackClock(endpoint, stream.mimeType === 'audio/opus' ? 48_000 : 90_000, clock);
    const { onKeyframeNeeded: ask, onKeyframeTimeout: onTimeout } = options;
    this.#keyframes = new KeyframeRequests({ ...keyframeRequestTimes, clock, ask, onTimeout });
    if (stream.mimeType !== 'audio/opus') {
      this.#frames = new FrameAssembler(stream.mimeType, {
        onFrame: (frame) => this.#writeFrame(frame),
        onBroken: () => this.#keyframes.need(),
        onKeyBegun: () => this.#keyframes.satisfy(),
      });
    }
    this.#socket = new StreamSocket({
      ...{ stream, clock, delay },
      onPacket: (arrival, afterLoss) => this.#take(arrival, afterLoss),
    });
  }

  get files(): TrackFiles {
    return this.#options.files;
  }

  /** Opens the port. @returns the port on 127.0.0.1. @throws when no port is free */
  async listen(): Promise<number> {
    return await this.#socket.listen();
  }

  report(report: ClockReport): void {
    this.#clock.report(report);
    this.#options.files.reported();
  }

  /** Resolves when its files are complete. Idempotent. */
  async close(): Promise<void> {
    const time = this.#options.clock.now();
    this.#keyframes.close();
    await this.#socket.close();
    await this.#options.files.close(time);
  }

  #take(arrival: Arrival, afterLoss: boolean): void {
    try {
      if (this.#frames) this.#frames.push(arrival, afterLoss);
      else this.#writeAudio(arrival);
    } catch (error) {
      this.#options.onFailure(error as Error);
    }
  }

  #writeAudio({ packet, at }: Arrival): void {
    const { payload: data, timestamp } = packet;
    if (data.length === 0) return;
    const time = this.#clock.locate(timestamp, at);
    this.#options.files.add({ data, key: true, timestamp, time, format: opusFormat });
  }

  #writeFrame({ parts, key, timestamp, at }: ReceivedFrame): void {
    const time = this.#clock.locate(timestamp, at);
    const avc = this.#options.stream.mimeType === 'video/H264';
    const data = avc ? toAvcSample(parts) : Buffer.concat(parts);
    const format = key ? (avc ? avcFormat(parts) : vp8Format(data)) : undefined;
    this.#options.files.add({ data, key, timestamp, time, ...(format && { format }) });
  }
}
