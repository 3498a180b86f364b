import { PlayoutBuffer } from './playout-buffer.ts';
import { PlayoutDelay } from './playout-delay.ts';
import { RepeatedPeriod } from './repeated-period.ts';
import { tickTime } from './ticker.ts';

/** Times in ms. */
const times = {
  /** Of the blend from made-up audio to that of a packet. */
  blend: 5,
  /** Of made-up audio: as loud as before, and until it has faded away. */
  loud: 20,
  fade: 80,
  /** Longest pause in a stream that is kept while it plays, and longest packet. */
  pause: 120,
  /** Most that is held back. */
  held: 400,
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
  readonly #buffer: PlayoutBuffer;
  readonly #frame: number;
  #playing = false;
  /** When it may start to play, in ms. */
  #startAt = 0;
  #pulledAt: number | undefined;
  #arrivedAt = 0;
  /** Duration of the last packet, in samples. */
  #duration = 0;
  #stretch = false;
  /** Stands in for packets since the last one. */
  #madeUp: RepeatedPeriod | undefined;

  constructor(options: PlayoutOptions) {
    this.#options = options;
    this.#buffer = new PlayoutBuffer(options.rate);
    this.#frame = this.#buffer.count(tickTime);
  }

  /** What is held back, in ms. */
  get held(): number {
    return (this.#buffer.length / this.#options.rate) * 1000;
  }

  /**
   * Adds the audio of a packet.
   * @param gap samples missing before it by its timestamp: packets that were lost, or a pause of the sender
   * @param at its arrival, in ms
   */
  push(audio: Int16Array, gap: number, at: number): void {
    if (audio.length === 0 || audio.length > this.#buffer.count(times.pause)) return;
    if (this.#playing) this.#continue(gap, at);
    else if (this.#buffer.length === 0) this.#begin(gap, at);
    this.#buffer.append(audio, this.#madeUp?.peek(this.#buffer.count(times.blend)));
    this.#madeUp = undefined;
    this.#arrivedAt = at;
    this.#duration = audio.length;
    if (this.held > times.held) this.#catchUp();
  }

  /** The next 20 ms. @param at the time they are due at, in ms @returns valid until the next call; undefined: silence */
  pull(at: number): Int16Array | undefined {
    this.#pulledAt = at;
    if (!this.#playing && !this.#startsAt(at)) return undefined;
    this.#adapt(at);
    const missing = this.#frame - this.#buffer.length;
    if (missing > 0 && this.#madeUp?.faded) return this.#stop();
    if (missing > 0) this.#makeUp(missing);
    return this.#buffer.take(this.#frame);
  }

  /** A stream that pauses begins again; one that was late is held back more. */
  #begin(gap: number, at: number): void {
    const passed = this.#buffer.count(at - this.#arrivedAt);
    const isLate = this.#duration > 0 && gap + this.#duration + this.#buffer.count(times.fade) < passed;
    if (isLate) this.#delay.late(at);
    this.#startAt = at + this.#delay.wanted;
  }

  /** Of packets that come together those that are too old are left out. */
  #startsAt(at: number): boolean {
    if (this.#buffer.length === 0 || at < this.#startAt) return false;
    this.#playing = true;
    this.#delay.restart();
    this.#buffer.begin(this.#buffer.count(this.#delay.wanted) + this.#frame + this.#duration);
    return true;
  }

  /** Fills the gap before a packet, of which some may have been made up already, and judges its arrival. */
  #continue(gap: number, at: number): void {
    const made = this.#madeUp?.made ?? 0;
    if (gap > this.#buffer.count(times.pause)) this.#madeUp ??= this.#repeat();
    else if (gap > made) this.#makeUp(gap - made);
    else if (gap < made) this.#delay.late(at);
    else if (this.#delay.arrived(this.#margin(at), at)) this.#stretch = true;
  }

  /** Time from now to the tick that needs more than there is, in ms. */
  #margin(at: number): number {
    const untilPull = Math.max(tickTime - (at - (this.#pulledAt ?? at)), 0);
    return untilPull + Math.floor(this.#buffer.length / this.#frame) * tickTime;
  }

  #adapt(at: number): void {
    const excessive = this.#delay.excessive(at);
    const changed = this.#stretch ? this.#buffer.lengthen() : excessive && this.#shorten();
    this.#stretch = false;
    if (changed) this.#delay.restart();
  }

  #shorten(): boolean {
    const enough = this.#frame + this.#buffer.count(times.loud);
    return this.#buffer.length > enough && this.#buffer.shorten();
  }

  #catchUp(): void {
    this.#buffer.keep(this.#buffer.count(this.#delay.wanted) + this.#frame);
    this.#delay.restart();
  }

  #makeUp(count: number): void {
    if (!this.#madeUp) this.#options.onConcealed();
    this.#madeUp ??= this.#repeat();
    this.#buffer.append(this.#madeUp.take(count));
  }

  #repeat(): RepeatedPeriod {
    const { loud, fade } = times;
    return new RepeatedPeriod(this.#buffer.lastPeriod(), this.#buffer.count(loud), this.#buffer.count(fade));
  }

  /** Made-up audio has faded away: there is none until packets come again. */
  #stop(): undefined {
    this.#playing = false;
    this.#stretch = false;
    this.#buffer.clear();
    this.#madeUp = undefined;
  }
}
