import type { ClockReport } from '../../../src/media/rtp/rtcp.ts';
import { type Arrival, StreamSocket } from '../../ingest/stream-socket.ts';
import { TrackClock } from '../../ingest/track-clock.ts';
import { sampleRate } from '../program-clock.ts';
import type { TrackEnvironment } from '../track-environment.ts';
import { OpusTrack } from './opus-track.ts';

/** Time that a missing packet is waited for, in ms: not longer than the minimum delay of audio. */
const delay = 40;
/** Decoded audio is later than its timestamp by the look-ahead of the Opus encoder (RFC 6716 section 2), in samples. */
const lookAhead = 312;

export interface AudioTrackEnvironment extends TrackEnvironment {
  readonly channels: 1 | 2;
  /** Origin of the program's timeline, in ms of the clock. */
  readonly startedAt: number;
}

/** An audio track: receives it on a UDP port and adds it to the mix. */
export class AudioTrack {
  readonly #environment: AudioTrackEnvironment;
  readonly #clock: TrackClock;
  readonly #opus: OpusTrack;
  readonly #socket: StreamSocket;

  constructor(environment: AudioTrackEnvironment) {
    const { stream, clock, endpointClock, channels } = environment;
    this.#environment = environment;
    this.#clock = new TrackClock(endpointClock, sampleRate, clock);
    this.#opus = new OpusTrack(channels);
    this.#socket = new StreamSocket({ stream, clock, delay, onPacket: (arrival) => this.#decode(arrival) });
  }

  /** Opens the track. @returns its port on 127.0.0.1 */
  listen(): Promise<number> {
    return this.#socket.listen();
  }

  report(report: ClockReport): void {
    this.#clock.report(report);
  }

  /** Adds a block of the timeline to the mix. @param position in samples */
  mixInto(position: number, block: Float32Array): void {
    this.#opus.mixInto(position, block);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#environment.endpointClock.forget(this.#environment.track.trackId);
    await this.#socket.close();
  }

  #decode({ packet, at }: Arrival): void {
    const { endpointClock, clock, track, startedAt } = this.#environment;
    const time = this.#clock.locate(packet.timestamp, at);
    endpointClock.note(track.trackId, clock.now() - time);
    const position = ((time + endpointClock.delay - startedAt) * sampleRate) / 1000 - lookAhead;
    this.#opus.push(packet.payload, packet.timestamp, position);
  }
}
