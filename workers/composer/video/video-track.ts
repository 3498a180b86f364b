import { KeyframeRequests } from '../../../src/media/keyframe-requests.ts';
import type { ClockReport } from '../../../src/media/rtp/rtcp.ts';
import { isSameSize, type Size } from '../../../src/media/size.ts';
import { FrameAssembler, keyframeRequestTimes, type ReceivedFrame } from '../../ingest/frame-assembler.ts';
import { StreamSocket } from '../../ingest/stream-socket.ts';
import { TrackClock } from '../../ingest/track-clock.ts';
import type { TrackEnvironment } from '../track-environment.ts';
import { FrameRateLimit } from './frame-rate-limit.ts';
import type { CapturedFrame } from './gop.ts';
import { maxSilence } from './placeholder.ts';
import type { RawFrame, Rectangle } from './raw-frame.ts';
import { Tile } from './tile.ts';
import { TileDecoder } from './tile-decoder.ts';

/**
 * Time that a missing packet is waited for, in ms: it is requested when the next one arrives, and again after 100 to 140 ms; each request
 * takes a round trip.
 */
const delay = 350;
/** In Hz, RFC 6184 section 8.1 and RFC 7741 section 6.1. */
const clockRate = 90_000;
/** Time without frames after which the last one is shown, even if the frame rate of the program is lower, in ms. */
const pauseTime = 250;
/** Age of a frame, relative to the newest, up to which it is shown when decoding resumes, in ms. */
const oldest = 100;
/** Time from the arrival of a frame until it is decoded, in ms. */
const usualDecoding = 15;

export interface VideoTrackEnvironment extends TrackEnvironment {
  readonly onKeyframeNeeded: () => void;
  /** Called when the size of the tile changes, and with the size of the compressed frames when that is known or changes. */
  readonly onSize?: ((tile: Size, frame: Size | undefined) => void) | undefined;
  /** Of the program. */
  readonly frameRate: number;
  /** Origin of the program's timeline, in ms of the clock. */
  readonly startedAt: number;
  /** Called with each compressed frame before it is decoded, and the time at which it is due, in ms of the clock. */
  readonly onCaptured?: (frame: CapturedFrame, due: number) => void;
  /** Called when frames are missing, before the decoder is told. */
  readonly onLost?: () => void;
}

/** A video track: receives it on a UDP port and decodes it for its tile. */
export class VideoTrack {
  readonly tile: Tile;
  readonly #environment: VideoTrackEnvironment;
  readonly #clock: TrackClock;
  readonly #requests: KeyframeRequests;
  readonly #assembler: FrameAssembler;
  readonly #limit: FrameRateLimit;
  readonly #decoder: TileDecoder;
  readonly #socket: StreamSocket;
  #heardAt: number;
  #tileSize: Size | undefined;
  #frameSize: Size | undefined;
  #restarts = 0;
  #parked = false;
  /** Capture time of the newest frame; until it is decoded, a resumed decoder's frames are not shown. */
  #newest = Number.NEGATIVE_INFINITY;
  #catchesUp = false;

  constructor(environment: VideoTrackEnvironment) {
    const { stream, clock, endpointClock, track, onTrouble, onKeyframeNeeded } = environment;
    const codec = stream.mimeType === 'video/VP8' ? 'video/VP8' : 'video/H264';
    const { trackId } = track;
    this.#environment = environment;
    this.#heardAt = clock.now();
    this.#clock = new TrackClock(endpointClock, clockRate, clock);
    this.#requests = new KeyframeRequests({
      ...{ ...keyframeRequestTimes, clock, ask: onKeyframeNeeded },
      onTimeout: () => onTrouble('A track sends no keyframe.', { trackId }),
    });
    this.#limit = new FrameRateLimit(environment.frameRate);
    this.#decoder = new TileDecoder({
      ...{ codec, clock, whole: track.screenshare },
      onFrame: (frame, time, live) => this.#show(frame, time, live),
      onKeyframeNeeded: () => this.#requests.need(),
      onRestart: (fields) => this.#noteRestart(fields),
    });
    this.tile = new Tile((frame) => this.#decoder.recycle(frame));
    this.#assembler = new FrameAssembler(codec, {
      onFrame: (frame) => this.#decode(frame),
      onBroken: () => this.#break(),
      onKeyBegun: () => this.#requests.satisfy(),
    });
    this.#socket = new StreamSocket({
      ...{ stream, clock, delay },
      onPacket: (arrival, afterLoss) => {
        this.#heardAt = arrival.at;
        this.#assembler.push(arrival, afterLoss);
      },
    });
  }

  get trackId(): string {
    return this.#environment.track.trackId;
  }

  /** Number of replaced decoders. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Opens the track. @returns its port on 127.0.0.1 */
  listen(): Promise<number> {
    return this.#socket.listen();
  }

  report(report: ClockReport): void {
    this.#clock.report(report);
  }

  place({ width, height }: Rectangle): void {
    if (!this.#parked) this.#decoder.resize(width, height);
    if (isSameSize(this.#tileSize, { width, height })) return;
    this.#tileSize = { width, height };
    this.#environment.onSize?.(this.#tileSize, this.#frameSize);
  }

  /** Whether the frame that is shown is one of the newest. */
  get caughtUp(): boolean {
    return !this.#parked && !this.#catchesUp;
  }

  /** Stops decoding. The last frame is replaced by a placeholder, as nobody sees it before it is old. */
  park(): void {
    this.#parked = true;
    this.#decoder.park();
    this.tile.fade();
  }

  /** Decodes again. What is shown next is a new frame. */
  resume(): void {
    if (!this.#parked) return;
    this.#parked = false;
    this.#catchesUp = true;
    if (this.#tileSize) this.#decoder.resize(this.#tileSize.width, this.#tileSize.height);
  }

  /** To be called regularly: shows the last frame of a track that has paused, and removes that of a silent one. */
  check(): void {
    const silence = this.#environment.clock.now() - this.#heardAt;
    // once: a muted camera sends none
    if (silence > pauseTime && !this.#decoder.catchUp()) this.#environment.onKeyframeNeeded();
    if (silence > maxSilence) this.tile.fade();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#requests.close();
    this.#environment.endpointClock.forget(this.#environment.track.trackId);
    await Promise.all([this.#socket.close(), this.#decoder.close()]);
  }

  #decode(frame: ReceivedFrame): void {
    const { endpointClock, clock, track, startedAt } = this.#environment;
    this.#note(frame.size);
    const time = this.#clock.locate(frame.timestamp, frame.at);
    this.#newest = time;
    this.#environment.onCaptured?.({ ...frame, time }, time + endpointClock.delay);
    // audio is delayed for the video from the start, not only once it is shown
    if (!this.#decoder.productive) endpointClock.note(track.trackId, clock.now() - time + usualDecoding);
    this.#decoder.decode({ ...frame, time }, this.#limit.takes(time + endpointClock.delay - startedAt));
  }

  #note(size: Size | undefined): void {
    if (!size || isSameSize(this.#frameSize, size)) return;
    this.#frameSize = { width: size.width, height: size.height };
    if (this.#tileSize) this.#environment.onSize?.(this.#tileSize, this.#frameSize);
  }

  #break(): void {
    this.#environment.onLost?.();
    this.#decoder.break();
    this.#requests.need();
  }

  #show(frame: RawFrame, time: number, live: boolean): void {
    const { endpointClock, clock, track } = this.#environment;
    const now = clock.now();
    if (this.#catchesUp && time < this.#newest - oldest) return this.#decoder.recycle(frame);
    this.#catchesUp = false;
    if (live) endpointClock.note(track.trackId, now - time);
    this.tile.add(frame, time + endpointClock.delay, now);
  }

  #noteRestart(fields: Readonly<Record<string, unknown>>): void {
    this.#restarts += 1;
    this.#requests.need();
    this.#environment.onTrouble('A tile decoder is replaced.', { trackId: this.#environment.track.trackId, ...fields });
  }
}
