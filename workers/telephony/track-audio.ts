import type { Clock } from '../../src/clock/clock.ts';
import { opusDuration } from '../../src/media/rtp/opus-packet.ts';
import { timestampDistance } from '../../src/media/rtp/rtp-packet.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import { type Arrival, StreamSocket } from '../ingest/stream-socket.ts';
import { OpusPlayout, opusClockRate } from './opus-playout.ts';

/** Rates of the mix, in samples per second: G.711 and Opus. */
export type MixRate = 8000 | 48_000;

/** Time that a missing packet is waited for, in ms: not longer than packets are early. */
const delay = 20;
/** Maximum length of an Opus packet, in bytes (RFC 6716 section 3.4: 48 frames of 1275 bytes with their lengths). */
const maxPacketLength = 1500;
/** What a sender may send beyond its real time, in ms, and how fast this is given back. More is not decoded. */
const burst = { most: 2000, speed: 1.5 };

export interface TrackAudioOptions {
  readonly stream: ForwardedStream;
  readonly clock: Clock;
  readonly onUndecodable: () => void;
  readonly onConcealed: () => void;
}

/** An audio track of a room, received on a UDP port and decoded once for each rate that is in use. */
export class TrackAudio {
  readonly #options: TrackAudioOptions;
  readonly #socket: StreamSocket;
  readonly #playouts = new Map<MixRate, OpusPlayout>();
  /** Timestamp of the packet after the last one, if no packet is missing. */
  #expected: number | undefined;
  #credit = burst.most;
  #creditedAt: number;

  constructor(options: TrackAudioOptions) {
    this.#options = options;
    const { stream, clock } = options;
    this.#creditedAt = clock.now();
    this.#socket = new StreamSocket({ stream, clock, delay, onPacket: (arrival) => this.push(arrival) });
  }

  /** Opens the track. @returns its port on 127.0.0.1 */
  listen(): Promise<number> {
    return this.#socket.listen();
  }

  /** Sets the rates that are in use. */
  use(rates: ReadonlySet<MixRate>): void {
    const { onUndecodable, onConcealed } = this.#options;
    for (const rate of this.#playouts.keys()) if (!rates.has(rate)) this.#playouts.delete(rate);
    for (const rate of rates) {
      if (this.#playouts.has(rate)) continue;
      this.#playouts.set(rate, new OpusPlayout({ rate, onUndecodable, onConcealed }));
    }
  }

  /** Decodes a packet. Packets are in order. */
  push({ packet: { payload, timestamp }, at }: Arrival): void {
    const duration = opusDuration(payload);
    if (payload.length > maxPacketLength || duration === 0) return;
    if (!this.#affords((duration * 1000) / opusClockRate, at)) return;
    const gap = this.#expected === undefined ? 0 : Math.max(timestampDistance(this.#expected, timestamp), 0);
    this.#expected = (timestamp + duration) >>> 0;
    for (const playout of this.#playouts.values()) playout.push(payload, gap, duration, at);
  }

  /** The next 20 ms at a rate, as of `Playout.pull`. */
  pull(rate: MixRate, at: number): Int16Array | undefined {
    return this.#playouts.get(rate)?.pull(at);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#playouts.clear();
    return this.#socket.close();
  }

  #affords(duration: number, at: number): boolean {
    this.#credit = Math.min(this.#credit + Math.max(at - this.#creditedAt, 0) * burst.speed, burst.most);
    this.#creditedAt = at;
    if (this.#credit < duration) return false;
    this.#credit -= duration;
    return true;
  }
}
