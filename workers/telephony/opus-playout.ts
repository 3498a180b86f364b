import { Decoder } from '@evan/opus';
import { Playout } from './playout.ts';

/** Rate of the timestamps of Opus (RFC 7587 section 4.1), in Hz. */
export const opusClockRate = 48_000;

export interface OpusPlayoutOptions {
  /** Samples per second of the output. */
  readonly rate: 8000 | 48_000;
  readonly onUndecodable: () => void;
  readonly onConcealed: () => void;
}

/** An Opus stream as one channel at a rate, which libopus mixes and resamples. */
export class OpusPlayout {
  readonly #options: OpusPlayoutOptions;
  readonly #decoder: Decoder;
  readonly #playout: Playout;
  /** Of packets that could not be decoded, in ticks of the timestamps. */
  #missing = 0;

  constructor(options: OpusPlayoutOptions) {
    this.#options = options;
    this.#decoder = new Decoder({ channels: 1, sample_rate: options.rate });
    this.#playout = new Playout(options);
  }

  /**
   * Decodes a packet.
   * @param gap between the last packet and this one @param duration of the packet, both in ticks of the timestamps
   * @param at its arrival, in ms
   */
  push(payload: Buffer, gap: number, duration: number, at: number): void {
    const audio = this.#decode(payload);
    if (!audio) {
      this.#missing += gap + duration;
      return;
    }
    this.#playout.push(audio, Math.round(((gap + this.#missing) * this.#options.rate) / opusClockRate), at);
    this.#missing = 0;
  }

  /** The next 20 ms, as of {@link Playout.pull}. */
  pull(at: number): Int16Array | undefined {
    return this.#playout.pull(at);
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
