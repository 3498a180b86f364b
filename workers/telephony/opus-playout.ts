import { Decoder } from '@evan/opus';
import { Playout } from './playout.ts';

/** Rate of the timestamps of Opus (RFC 7587 section 4.1), in Hz. */
export const opusClockRate = 48_000;

/** What waits for the next tick at most, in ms. More comes when the process or the network was held up, and would be too late. */
const maxWaiting = 300;

interface WaitingPacket {
  readonly payload: Buffer;
  readonly gap: number;
  readonly duration: number;
  readonly at: number;
}

export interface OpusPlayoutOptions {
  /** Samples per second of the output. */
  readonly rate: 8000 | 48_000;
  readonly onUndecodable: () => void;
  readonly onConcealed: () => void;
}

/**
 * An Opus stream as one channel at a rate, which libopus mixes and resamples. Packets are decoded with the next tick: those that are too
 * old then cost nothing, so that a process without enough time for everything does what is still worth it.
 */
export class OpusPlayout {
  readonly #options: OpusPlayoutOptions;
  readonly #decoder: Decoder;
  readonly #playout: Playout;
  #waiting: WaitingPacket[] = [];
  /** Duration of the waiting packets, in ticks of the timestamps. */
  #waitingTime = 0;
  /** Of packets that were not decoded, in ticks of the timestamps. */
  #missing = 0;

  constructor(options: OpusPlayoutOptions) {
    this.#options = options;
    this.#decoder = new Decoder({ channels: 1, sample_rate: options.rate });
    this.#playout = new Playout(options);
  }

  /**
   * Takes a packet.
   * @param gap between the last packet and this one @param duration of the packet, both in ticks of the timestamps
   * @param at its arrival, in ms
   */
  push(payload: Buffer, gap: number, duration: number, at: number): void {
    this.#waiting.push({ payload, gap, duration, at });
    this.#waitingTime += duration;
    while (this.#waitingTime > (maxWaiting * opusClockRate) / 1000) this.#dropOldest();
  }

  /** The next 20 ms, as of {@link Playout.pull}. */
  pull(at: number): Int16Array | undefined {
    for (const packet of this.#waiting) this.#play(packet);
    this.#waiting = [];
    this.#waitingTime = 0;
    return this.#playout.pull(at);
  }

  #dropOldest(): void {
    const { gap, duration } = this.#waiting.shift() as WaitingPacket;
    this.#waitingTime -= duration;
    this.#missing += gap + duration;
  }

  #play({ payload, gap, duration, at }: WaitingPacket): void {
    const audio = this.#decode(payload);
    if (!audio) {
      this.#missing += gap + duration;
      return;
    }
    this.#playout.push(audio, Math.round(((gap + this.#missing) * this.#options.rate) / opusClockRate), at);
    this.#missing = 0;
  }

  #decode(payload: Buffer): Int16Array | undefined {
    try {
      const bytes = this.#decoder.decode(payload);
      return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    } catch {
      this.#options.onUndecodable();
      return undefined;
    }
  }
}
