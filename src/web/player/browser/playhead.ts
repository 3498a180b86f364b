/** Milliseconds without progress after which a player is helped, at first where it cannot play, then where it could. */
const first = { outside: 2000, inside: 5000 };
/** Factor by which each further attempt waits longer, and the maximum, in ms: decoding may be slow, and starts again with each. */
const [backoff, maxWait] = [2, 60_000];
/** Maximum time between two looks that counts, in ms: a browser that stood still could not play meanwhile. */
const maxStep = 1000;
/** Seconds that a player has to move to be one that plays. */
const minMove = 0.5;
/** Seconds before the end of what is buffered at which it is continued. */
const fromEnd = 3;

/** A range of what is buffered, in seconds of the stream. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Playing {
  /** In seconds of the stream. */
  readonly time: number;
  readonly buffered: readonly Range[];
  /** Whether it does not play because nobody has begun to, or the viewer has stopped it. */
  readonly paused: boolean;
  /** Whether it does not have to play: the viewer has stopped it, or it is at the end. */
  readonly resting: boolean;
}

/** What to do with a player that does not move: begin to play, continue at a time of the stream, renew the decoders, or load the stream again. */
export type Help = { readonly seek: number } | 'play' | 'recover' | 'reload';

/** Notices that a player does not move although it has media to play, and says what to do. */
export class Playhead {
  /** Where it was when it last moved, and where it was sent to since. */
  #places: readonly number[] = [0];
  #lookedAt: number | undefined;
  /** Milliseconds without progress since the last attempt. */
  #still = 0;
  #attempts = 0;

  /** Call it a few times per second. @param now in ms */
  look(now: number, playing: Playing): Help | undefined {
    const { time, buffered, paused, resting } = playing;
    const passed = Math.min(now - (this.#lookedAt ?? now), maxStep);
    this.#lookedAt = now;
    const moves = this.#places.every((place) => Math.abs(time - place) >= minMove);
    const last = buffered.at(-1);
    if (moves || resting || !last || last.end < time + minMove) {
      if (moves || resting) this.#attempts = 0;
      if (moves) this.#places = [time];
      this.#still = 0;
      return undefined;
    }
    this.#still += passed;
    const inside = buffered.some(({ start, end }) => start <= time && time + minMove <= end);
    const wait = (inside ? first.inside : first.outside) * backoff ** this.#attempts;
    if (this.#still < Math.min(wait, maxWait)) return undefined;
    this.#still = 0;
    this.#attempts += 1;
    if (paused) return 'play';
    return this.#help(time, last);
  }

  #help(time: number, { start, end }: Range): Help {
    if (this.#attempts > 3) return 'reload';
    if (this.#attempts > 2) return 'recover';
    // a little is added: what is buffered may begin between two frames
    const seek = Math.max(end - fromEnd, start + 0.1, time + 0.1);
    this.#places = [...this.#places.slice(0, 1), seek];
    return { seek };
  }
}
