import type { Clock } from '../../clock/clock.ts';
import type { ProgramSink } from '../../media/sample.ts';
import type { ChosenOrigins } from '../../program/origin-filter.ts';
import { everyOrigin } from '../../program/origin-filter.ts';
import type { ProgramAttachment, ProgramFeeds } from '../../program/program-feeds.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import { HlsStream } from './hls-stream.ts';
import type { HlsOptions } from './options.ts';
import { Packager } from './packager.ts';
import type { StoredStream } from './stream-storage.ts';

/** How streams are cut. */
export interface HlsTiming {
  /** Longest part, in ms. */
  readonly partDuration: number;
  /** Of low-latency HLS, in seconds. */
  readonly segmentDuration: number;
  /** Of the program, in ms. */
  readonly keyframeInterval: number;
}

export interface HlsComponentOptions extends RunningComponentOptions {
  readonly options: HlsOptions;
  /** Undefined: everybody in the room is shown. */
  readonly origins: ChosenOrigins | undefined;
  /** Becomes the component's own. */
  readonly stored: StoredStream;
  readonly feeds: ProgramFeeds;
  readonly events: RoomEvents;
  readonly timing: HlsTiming;
  readonly clock: Clock;
}

/** Segments of regular HLS are this much longer: about six seconds, as in the reference. */
const regularSegments = 3;

/** Shows a room to any number of viewers, as one picture and one sound, over HLS. */
export class Hls extends RunningComponent {
  readonly stream: HlsStream;
  readonly origins: ChosenOrigins | undefined;
  readonly #options: HlsOptions;
  readonly #stored: StoredStream;
  readonly #attachment: ProgramAttachment;

  constructor(given: HlsComponentOptions) {
    super('hls', given);
    const { options, stored, feeds, events, timing, clock, origins } = given;
    const { lowLatency, persistent, targetWindowDuration } = options;
    this.#options = options;
    this.#stored = stored;
    this.origins = origins;
    const targetDuration = timing.segmentDuration * (lowLatency ? 1 : regularSegments);
    this.stream = new HlsStream({
      ...{ folder: stored.folder, clock, lowLatency, persistent, targetDuration, window: targetWindowDuration },
      onPlayable: () => events.emit({ type: 'hlsPlayable', roomId: this.room.id, componentId: this.component.id }),
    });
    const cut = { keyframeInterval: timing.keyframeInterval, segmentDuration: targetDuration * 1000 };
    const packager = new Packager({ ...cut, ...(lowLatency && { partDuration: timing.partDuration }) }, this.stream);
    this.#attachment = feeds.attach(this.room, this.#sink(packager), origins ?? everyOrigin);
  }

  /** docs/contracts/fishjam-rest.md 3.4: credentials are never shown. */
  properties(): Record<string, unknown> {
    const { lowLatency, persistent, targetWindowDuration, subscribeMode } = this.#options;
    const { playable } = this.stream;
    return { playable, lowLatency, persistent, targetWindowDuration, subscribeMode, s3: null };
  }

  /** The last part is cut, the playlist is closed, everything is written. */
  protected async stop(): Promise<void> {
    try {
      await this.#attachment.close();
      await this.stream.end();
    } finally {
      this.#stored.release();
    }
  }

  #sink(packager: Packager): ProgramSink {
    return {
      format: (format, start) => packager.format(format, start),
      sample: (sample) => packager.sample(sample),
      end: (error) => {
        packager.end();
        if (error) this.crash(error);
      },
    };
  }
}
