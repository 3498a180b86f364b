import { PlayoutDelay } from './playout-delay.ts';
import { tickTime } from './ticker.ts';
import { blend, likeness } from './waveform.ts';

/** Times in ms. */
const times = {
  /** Of a blend from one signal to another. */
  blend: 5,
  /** Of made-up audio: as loud as before, and until it has faded away. */
  loud: 20,
  fade: 80,
  /** Of a cut, or of what is played twice, when the delay is changed. */
  shift: { min: 5, max: 15 },
  /** Periods of voices. */
  period: { min: 2.5, max: 15 },
  /** Longest pause in a stream that is kept while it plays. */
  pause: 120,
  /** Most that is held back. */
  held: 400,
  /** Kept of what has been played: two of the longest periods, and what is compared. */
  history: 40,
  capacity: 1000,
};

export interface PlayoutOptions {
  /** In Hz. */
  readonly rate: 8000 | 48_000;
  /** Called when audio is made up for what is late or lost. */
  readonly onConcealed: () => void;
}

/**
 * The audio of a track between its packets and the mixer: holds it back so that packets which come late are there in time, adapts that
 * delay to the network and to the drift of the clocks, and conceals what is missing. One channel.
 */
export class Playout {
  readonly #options: PlayoutOptions;
  readonly #delay = new PlayoutDelay();
  readonly #samples: Int16Array;
  readonly #frame: number;
  readonly #blend: number;
  /** What is to be played; before it is what has been played. */
  #start = 0;
  #end = 0;
  #playing = false;
  /** When it may start to play, in ms. */
  #startAt = 0;
  #pulledAt: number | undefined;
  #arrivedAt = 0;
  /** Duration of the last packet, in samples. */
  #duration = 0;
  #stretch = false;
  /** The period that is repeated while packets are missing, and how much of it was made since the last packet. */
  #period: Int16Array | undefined;
  #madeUp = 0;

  constructor(options: PlayoutOptions) {
    this.#options = options;
    this.#samples = new Int16Array(this.#count(times.capacity));
    this.#frame = this.#count(tickTime);
    this.#blend = this.#count(times.blend);
  }

  /** What is held back, in ms. */
  get held(): number {
    return ((this.#end - this.#start) / this.#options.rate) * 1000;
  }

  /**
   * Adds the audio of a packet.
   * @param gap samples missing before it by its timestamp: packets that were lost, or a pause of the sender
   * @param at its arrival, in ms
   */
  push(audio: Int16Array, gap: number, at: number): void {
    if (audio.length === 0 || audio.length > this.#count(times.pause)) return;
    if (this.#playing) this.#continue(gap, at);
    else if (this.#start === this.#end) this.#begin(gap, at);
    this.#append(audio);
    this.#arrivedAt = at;
    this.#duration = audio.length;
    if (this.held > times.held) this.#keep(this.#count(this.#delay.wanted));
  }

  /** The next 20 ms. @param at the time they are due at, in ms @returns valid until the next call; undefined: silence */
  pull(at: number): Int16Array | undefined {
    this.#pulledAt = at;
    if (!this.#playing && !this.#startsAt(at)) return undefined;
    if (this.#delay.excessive(at)) this.#shorten();
    if (this.#stretch) this.#lengthen();
    const missing = this.#frame - (this.#end - this.#start);
    if (missing > 0 && this.#faded) return this.#stop();
    if (missing > 0) this.#makeUp(missing);
    const frame = this.#samples.subarray(this.#start, this.#start + this.#frame);
    this.#start += this.#frame;
    return frame;
  }

  /** A stream that pauses begins anew; one that was late is held back more. */
  #begin(gap: number, at: number): void {
    const passed = this.#count(at - this.#arrivedAt);
    const isLate = this.#duration > 0 && gap + this.#duration + this.#count(times.fade) < passed;
    if (isLate) this.#delay.late(at);
    this.#startAt = at + this.#delay.wanted;
  }

  #startsAt(at: number): boolean {
    if (this.#start === this.#end || at < this.#startAt) return false;
    this.#playing = true;
    this.#delay.restart();
    this.#start = Math.max(this.#start, this.#end - this.#count(this.#delay.wanted) - this.#frame - this.#duration);
    const silence = new Int16Array(this.#blend);
    const first = { samples: this.#samples, from: this.#start };
    blend({ samples: silence, from: 0 }, first, first, this.#blend);
    return true;
  }

  /** Fills the gap before a packet, of which some may have been made up already, and judges its arrival. */
  #continue(gap: number, at: number): void {
    if (gap > this.#count(times.pause)) this.#period ??= this.#lastPeriod();
    else if (gap > this.#madeUp) this.#makeUp(gap - this.#madeUp);
    else if (gap < this.#madeUp) this.#delay.late(at);
    if (this.#madeUp === 0 && this.#delay.arrived(this.#margin(at), at)) this.#stretch = true;
  }

  /** Time from now to the tick that needs more than there is, in ms. */
  #margin(at: number): number {
    const untilPull = Math.max(tickTime - (at - (this.#pulledAt ?? at)), 0);
    return untilPull + Math.floor((this.#end - this.#start) / this.#frame) * tickTime;
  }

  #append(audio: Int16Array): void {
    this.#makeRoom(audio.length);
    const from = this.#end;
    this.#samples.set(audio, from);
    this.#end += audio.length;
    const repeated = this.#repetition(this.#blend);
    const first = { samples: this.#samples, from };
    if (repeated) blend({ samples: repeated, from: 0 }, first, first, Math.min(this.#blend, audio.length));
    this.#period = undefined;
    this.#madeUp = 0;
  }

  /** Repeats the last period of what there was, more and more silently. */
  #makeUp(count: number): void {
    if (!this.#period) {
      this.#options.onConcealed();
      this.#period = this.#lastPeriod();
    }
    this.#makeRoom(count);
    const repeated = this.#repetition(count);
    if (repeated) this.#samples.set(repeated, this.#end);
    this.#end += count;
    this.#madeUp += count;
  }

  /** How the made-up audio goes on. */
  #repetition(count: number): Int16Array | undefined {
    const period = this.#period;
    if (!period) return undefined;
    const [loud, fade] = [this.#count(times.loud), this.#count(times.fade)];
    return Int16Array.from({ length: count }, (_, index) => {
      const at = this.#madeUp + index;
      return Math.round((period[at % period.length] ?? 0) * Math.min(Math.max((fade - at) / (fade - loud), 0), 1));
    });
  }

  #lastPeriod(): Int16Array {
    const length = this.#count(times.period.max);
    const range = { min: this.#count(times.period.min), max: length };
    const from = this.#end - length;
    if (from - length < 0) return this.#samples.slice(Math.max(this.#end - length, 0), this.#end);
    const lag = likeness({ samples: this.#samples, from }, length, -1, range);
    const period = this.#samples.slice(this.#end - lag, this.#end);
    // it is not quite periodic: the step from its end to its beginning is spread
    const step = (this.#samples[this.#end - 1] ?? 0) - (this.#samples[this.#end - lag - 1] ?? 0);
    for (let index = 0; index < this.#blend && index < lag; index += 1) {
      const value = (period[index] ?? 0) + step * (1 - index / this.#blend);
      period[index] = Math.max(Math.min(value, 32_767), -32_768);
    }
    return period;
  }

  get #faded(): boolean {
    return this.#madeUp >= this.#count(times.fade);
  }

  /** Made-up audio has faded away: there is none until packets come again. */
  #stop(): undefined {
    this.#playing = false;
    this.#stretch = false;
    this.#start = 0;
    this.#end = 0;
    this.#period = undefined;
    this.#madeUp = 0;
  }

  /** Leaves out a little, where it cannot be heard. */
  #shorten(): void {
    const range = this.#shift();
    const needed = range.max + 2 * this.#blend + this.#frame;
    if (this.#end - this.#start < needed) return;
    const lag = likeness({ samples: this.#samples, from: this.#start }, 2 * this.#blend, 1, range);
    this.#cut(lag);
    this.#delay.restart();
  }

  #cut(lag: number): void {
    const samples = this.#samples;
    const target = { samples, from: this.#start + lag };
    blend({ samples, from: this.#start }, target, target, this.#blend);
    this.#start += lag;
  }

  /** Plays a little twice, where it cannot be heard. */
  #lengthen(): void {
    this.#stretch = false;
    const range = this.#shift();
    const length = 2 * this.#blend;
    if (this.#start < range.max || this.#end - this.#start < length) return;
    const samples = this.#samples;
    const lag = likeness({ samples, from: this.#start }, length, -1, range);
    const target = { samples, from: this.#start - lag };
    blend({ samples, from: this.#start }, target, target, this.#blend);
    this.#start -= lag;
    this.#delay.restart();
  }

  #shift(): { readonly min: number; readonly max: number } {
    return { min: this.#count(times.shift.min), max: this.#count(times.shift.max) };
  }

  /** Leaves out what is more than this. */
  #keep(count: number): void {
    const excess = this.#end - this.#start - count - this.#frame;
    if (excess > 0) this.#cut(excess);
    this.#delay.restart();
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#samples.length) return;
    const from = Math.max(this.#start - this.#count(times.history), 0);
    this.#samples.copyWithin(0, from, this.#end);
    this.#start -= from;
    this.#end -= from;
  }

  #count(time: number): number {
    return Math.round((time * this.#options.rate) / 1000);
  }
}
