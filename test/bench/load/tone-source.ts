import { everyPacket, packetTime } from './packet-clock.ts';

/** Packets of a tone, and of the silence after it; the silence has up to a half more. */
const toneLength = 10;
const silenceLength = 40;
const frequency = 1000;
/** Of 1: over it is the tone, under it what codecs make of silence. */
const threshold = 0.05;
const amplitude = 0.5;

/** A tone that goes on and off, in packets of 20 ms in real time, and when it began. */
export class ToneSource {
  /** When the first sample of the last tone was spoken, in ms of `performance.now`. */
  begunAt = Number.NaN;
  readonly #samples: (on: boolean) => Int16Array;
  readonly #stop: () => void;
  #left = silenceLength;
  #on = false;

  /** @param send gets the samples of a packet when its last one has been spoken @param offset of the first packet, in ms */
  constructor(rate: number, send: (samples: Int16Array, tick: number) => void, offset: number) {
    const length = (rate * packetTime) / 1000;
    const tone = Int16Array.from(
      { length },
      (_, index) => 32_767 * amplitude * Math.sin((2 * Math.PI * frequency * (index + 0.5)) / rate),
    );
    const silence = new Int16Array(length);
    this.#samples = (on) => (on ? tone : silence);
    this.#stop = everyPacket((tick) => send(this.#next(), tick), offset);
  }

  close(): void {
    this.#stop();
  }

  #next(): Int16Array {
    this.#left -= 1;
    if (this.#left < 0) {
      this.#on = !this.#on;
      this.#left = this.#on ? toneLength : silenceLength + Math.floor((Math.random() * silenceLength) / 2);
      if (this.#on) this.begunAt = performance.now() - packetTime;
    }
    return this.#samples(this.#on);
  }
}

/** Finds the beginnings of tones in what arrives, as if it were played at once. */
export class ToneOnsets {
  /** In ms of `performance.now`. */
  readonly times: number[] = [];
  readonly #rate: number;
  /** Silence so far, in ms. */
  #silence = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  push(samples: Int16Array): void {
    const first = samples.findIndex((sample) => Math.abs(sample) > threshold * 32_768);
    const duration = (samples.length / this.#rate) * 1000;
    if (first < 0) {
      this.#silence += duration;
      return;
    }
    if (this.#silence >= 5 * packetTime) this.times.push(performance.now() + (first / this.#rate) * 1000);
    this.#silence = 0;
  }
}
