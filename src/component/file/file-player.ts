import type { Clock } from '../../clock/clock.ts';
import type { Frame, FrameTrack } from './frame.ts';
import { type LookedAhead, lookAhead } from './look-ahead.ts';
import { Pacer } from './pacer.ts';
import { prefetched } from './prefetch.ts';
import type { TrackSender } from './track-sender.ts';

/** A track and the sender of its frames. */
export interface PlayedTrack {
  readonly frames: FrameTrack['frames'];
  readonly sender: TrackSender;
}

/** Plays all tracks of a file once, in real time, by one clock. */
export class FilePlayer {
  readonly #pacer: Pacer;

  constructor(clock: Clock) {
    this.#pacer = new Pacer(clock);
  }

  /** Plays the tracks. Resolves after the duration of the last frame, or after {@link close}. Rejects with errors of reading. */
  async play(tracks: readonly PlayedTrack[]): Promise<void> {
    // The clock starts when every track has a frame.
    const begun = await Promise.all(tracks.map(async ({ frames }) => await lookAhead(prefetched(frames, lengthOf), 1)));
    const times = begun.flatMap(({ first }) => first.map(({ time }) => time));
    if (times.length === 0) throw new RangeError('The file has nothing to play.');
    this.#pacer.start(Math.min(...times));
    await Promise.all(tracks.map(({ sender }, index) => this.#playTrack(begun[index] as LookedAhead<Frame>, sender)));
  }

  /** Idempotent. */
  close(): void {
    this.#pacer.close();
  }

  async #playTrack({ all }: LookedAhead<Frame>, sender: TrackSender): Promise<void> {
    let end = 0;
    for await (const frame of all) {
      if (!(await this.#pacer.until(frame.time))) return;
      sender.send(frame, this.#pacer.instantOf(frame.time));
      end = frame.time + frame.duration;
    }
    await this.#pacer.until(end);
  }
}

function lengthOf({ payloads }: Frame): number {
  return payloads.reduce((sum, { length }) => sum + length, 0);
}
