import type { Clock } from '../../src/clock/clock.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import type { EndpointClock } from '../ingest/endpoint-clock.ts';
import { KeyframeRequests } from '../ingest/keyframe-requests.ts';
import { type EncodedPicture, PictureAssembler } from '../ingest/picture-assembler.ts';
import { type Arrival, ReorderBuffer } from '../ingest/reorder-buffer.ts';
import { StreamSocket } from '../ingest/stream-socket.ts';
import { TrackClock } from '../ingest/track-clock.ts';
import type { TrackFiles } from './track-files.ts';
import { avcFormat, opusFormat, toAvcSample, vp8Format } from './track-format.ts';

/** How long a missing packet is waited for, in ms: what is written is never further behind than this and a picture. */
const patience = 120;

export interface RawTrackOptions {
  readonly stream: ForwardedStream;
  readonly endpoint: EndpointClock;
  readonly clock: Clock;
  readonly files: TrackFiles;
  readonly onKeyframeNeeded: () => void;
  /** Ten requests for a keyframe were in vain. */
  readonly onDeaf: () => void;
}

/** One track from its UDP port to its files, as it was sent. */
export class RawTrack {
  readonly #options: RawTrackOptions;
  readonly #socket: StreamSocket;
  readonly #reorder: ReorderBuffer;
  readonly #clock: TrackClock;
  readonly #pictures: PictureAssembler | undefined;
  readonly #keyframes: KeyframeRequests;

  constructor(options: RawTrackOptions) {
    this.#options = options;
    const { stream, clock, endpoint } = options;
    this.#clock = new TrackClock(endpoint, stream.mimeType === 'audio/opus' ? 48_000 : 90_000, clock);
    this.#keyframes = new KeyframeRequests(clock, options.onKeyframeNeeded, options.onDeaf);
    if (stream.mimeType !== 'audio/opus') {
      this.#pictures = new PictureAssembler(stream.mimeType, {
        onPicture: (picture) => this.#writePicture(picture),
        onBroken: () => this.#keyframes.need(),
        onKeyBegun: () => this.#keyframes.satisfy(),
      });
    }
    this.#reorder = new ReorderBuffer(clock, patience, (arrival, afterLoss) => this.#take(arrival, afterLoss));
    this.#socket = new StreamSocket({
      stream,
      clock,
      onPacket: (arrival) => this.#reorder.push(arrival),
    });
  }

  get files(): TrackFiles {
    return this.#options.files;
  }

  /** @returns the port on 127.0.0.1. @throws when there is none left */
  async listen(): Promise<number> {
    return await this.#socket.listen();
  }

  report(report: ClockReport): void {
    this.#clock.report(report);
    this.#options.files.reported();
  }

  /** Idempotent; resolves when its files are finished. */
  async close(): Promise<void> {
    const time = this.#options.clock.now();
    this.#keyframes.close();
    this.#reorder.close();
    await this.#socket.close();
    await this.#options.files.close(time);
  }

  #take(arrival: Arrival, afterLoss: boolean): void {
    if (this.#pictures) this.#pictures.push(arrival, afterLoss);
    else this.#writeSound(arrival);
  }

  #writeSound({ packet, at }: Arrival): void {
    const { payload: data, timestamp } = packet;
    if (data.length === 0) return;
    const time = this.#clock.locate(timestamp, at);
    this.#options.files.add({ data, key: true, timestamp, time, format: opusFormat });
  }

  #writePicture({ parts, key, timestamp, at }: EncodedPicture): void {
    const time = this.#clock.locate(timestamp, at);
    const avc = this.#options.stream.mimeType === 'video/H264';
    const data = avc ? toAvcSample(parts) : Buffer.concat(parts);
    const format = key ? (avc ? avcFormat(parts) : vp8Format(data)) : undefined;
    this.#options.files.add({ data, key, timestamp, time, ...(format && { format }) });
  }
}
