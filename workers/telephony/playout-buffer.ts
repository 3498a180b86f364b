import { blend, likeness } from './waveform.ts';

/** Times in ms. */
const times = {
  /** Of a blend from one signal to another. */
  blend: 5,
  /** Of a cut, or of what is played twice. */
  shift: { min: 5, max: 15 },
  /** Periods of voices. */
  period: { min: 2.5, max: 15 },
  /** Kept of what has been taken: two of the longest periods, and what is compared. */
  history: 40,
  capacity: 1000,
};

/** Samples of one channel between their arrival and the mixer; before them are those that have been taken, as long as they are needed. */
export class PlayoutBuffer {
  readonly #rate: number;
  readonly #samples: Int16Array;
  #start = 0;
  #end = 0;

  /** @param rate in Hz */
  constructor(rate: number) {
    this.#rate = rate;
    this.#samples = new Int16Array(this.count(times.capacity));
  }

  /** Samples that have not been taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Number of samples in a time in ms. */
  count(time: number): number {
    return Math.round((time * this.#rate) / 1000);
  }

  /** Adds samples; the buffer must not hold more than 800 ms then. @param before a signal that is blended into them at their beginning */
  append(samples: Int16Array, before?: Int16Array): void {
    this.#makeRoom(samples.length);
    const target = { samples: this.#samples, from: this.#end };
    this.#samples.set(samples, this.#end);
    if (before) blend({ samples: before, from: 0 }, target, target, Math.min(before.length, samples.length));
    this.#end += samples.length;
  }

  /** Takes samples that are there. @returns valid until the next call */
  take(count: number): Int16Array {
    const taken = this.#samples.subarray(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** Leaves out what is more than this, and begins with a fade. */
  begin(most: number): void {
    this.#start = Math.max(this.#start, this.#end - most);
    const target = { samples: this.#samples, from: this.#start };
    const length = this.count(times.blend);
    blend({ samples: new Int16Array(length), from: 0 }, target, target, length);
  }

  /** Leaves out the oldest of what is more than this. */
  keep(most: number): void {
    if (this.length - most > this.count(times.blend)) this.#cut(this.length - most);
  }

  /** Leaves out a little, where it cannot be heard. @returns false when there is too little */
  shorten(): boolean {
    const { range, compared } = this.#shift;
    if (this.length < range.max + compared) return false;
    this.#cut(likeness({ samples: this.#samples, from: this.#start }, compared, 1, range));
    return true;
  }

  /** Plays a little of what has been taken once more, where it cannot be heard. @returns false when there is too little */
  lengthen(): boolean {
    const { range, compared } = this.#shift;
    if (this.#start < range.max || this.length < compared) return false;
    const here = { samples: this.#samples, from: this.#start };
    const lag = likeness(here, compared, -1, range);
    const target = { samples: this.#samples, from: this.#start - lag };
    blend(here, target, target, this.count(times.blend));
    this.#start -= lag;
    return true;
  }

  /** The last period of the signal, so that it can be repeated. */
  lastPeriod(): Int16Array {
    const range = { min: this.count(times.period.min), max: this.count(times.period.max) };
    const from = this.#end - range.max;
    if (from - range.max - 1 < 0) return this.#samples.slice(Math.max(from, 0), this.#end);
    const lag = likeness({ samples: this.#samples, from }, range.max, -1, range);
    const period = this.#samples.slice(this.#end - lag, this.#end);
    // it is not quite periodic: the step from its end to its beginning is spread
    spread(period, this.#at(this.#end - 1) - this.#at(this.#end - lag - 1), this.count(times.blend));
    return period;
  }

  get #shift() {
    const range = { min: this.count(times.shift.min), max: this.count(times.shift.max) };
    return { range, compared: 2 * this.count(times.blend) };
  }

  #cut(lag: number): void {
    const target = { samples: this.#samples, from: this.#start + lag };
    blend({ samples: this.#samples, from: this.#start }, target, target, this.count(times.blend));
    this.#start += lag;
  }

  #at(index: number): number {
    return this.#samples[index] ?? 0;
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#samples.length) return;
    const from = Math.max(this.#start - this.count(times.history), 0);
    this.#samples.copyWithin(0, from, this.#end);
    this.#start -= from;
    this.#end -= from;
  }
}

/** Adds a step to a signal that becomes less and less. */
function spread(samples: Int16Array, step: number, length: number): void {
  for (let index = 0; index < Math.min(length, samples.length); index += 1) {
    const value = (samples[index] ?? 0) + step * (1 - index / length);
    samples[index] = Math.max(Math.min(value, 32_767), -32_768);
  }
}
