import type { Clock } from '../../clock/clock.ts';
import { AttachedOutput } from '../../output/attached-output.ts';
import type { ProgramOutput } from '../../output/program-output.ts';
import { ChosenOrigins, everyOrigin } from '../../program/origin-filter.ts';
import type { ProgramFeeds } from '../../program/program-feeds.ts';
import type { Component } from '../../room/component.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { Subscribable, SubscribeMode } from '../subscribable.ts';
import type { HlsContent, HlsSource } from './hls-content.ts';
import { HlsStream } from './hls-stream.ts';
import type { HlsOptions, HlsProperties } from './options.ts';
import { Packager } from './packager.ts';
import type { RoomStream, RoomStreams } from './room-streams.ts';

/** Durations of a stream. */
export interface HlsTiming {
  /** Maximum duration of a part, in ms. */
  readonly partDuration: number;
  /** Segment duration of low-latency HLS, in seconds. */
  readonly segmentDuration: number;
  /** Interval of keyframes in the program, in ms. */
  readonly keyframeInterval: number;
  /** Whether the video of a camera or file that is alone may be passed through. */
  readonly passthrough: boolean;
}

export interface HlsDependencies {
  readonly feeds: ProgramFeeds;
  readonly streams: Pick<RoomStreams, 'open'>;
  readonly events: RoomEvents;
  readonly timing: HlsTiming;
  readonly clock: Clock;
}

/** Factor of the segment duration of regular HLS: about six seconds, as in the reference. */
const regularSegments = 3;

/** Streams a room's program over HLS to any number of viewers. */
export class HlsComponent extends RunningComponent implements HlsSource, Subscribable {
  readonly #options: HlsOptions;
  readonly #dependencies: HlsDependencies;
  /** The chosen endpoints in `manual` mode. */
  readonly #origins = new ChosenOrigins();
  /** Set while the component is in its room. */
  #live: { readonly stored: RoomStream; readonly stream: HlsStream; readonly output: AttachedOutput } | undefined;

  constructor(base: RunningComponentOptions, options: HlsOptions, dependencies: HlsDependencies) {
    super('hls', base);
    this.#options = options;
    this.#dependencies = dependencies;
  }

  get subscribeMode(): SubscribeMode {
    return this.#options.subscribeMode;
  }

  get content(): HlsContent | undefined {
    return this.#live?.stream;
  }

  override async open(): Promise<Component> {
    const { feeds, streams, events } = this.#dependencies;
    const { room, component } = this;
    const stored = await streams.open(this.room, this.#options);
    const stream = this.#stream(stored);
    const origins = this.subscribeMode === 'manual' ? this.#origins : everyOrigin;
    const output = new AttachedOutput({ feeds, room, output: this.#output(stream), origins });
    output.observer.once('running', () => {
      events.emit({ type: 'hlsPlayable', roomId: room.id, componentId: component.id });
    });
    output.observer.once('failed', (error) => this.crash(error));
    this.#live = { stored, stream, output };
    return await this.enter();
  }

  subscribe(origins: readonly string[]): void {
    this.#origins.add(origins);
  }

  /** docs/contracts/fishjam-rest.md 3.4: credentials are never shown. */
  properties(): HlsProperties {
    const { lowLatency, persistent, targetWindowDuration, subscribeMode } = this.#options;
    const playable = this.#live?.stream.playable ?? false;
    return { playable, lowLatency, persistent, targetWindowDuration, subscribeMode, s3: null };
  }

  /** Ends the stream: the last part and the closed playlist are written. */
  protected async stop(): Promise<void> {
    if (!this.#live) return;
    const { stored, stream, output } = this.#live;
    stream.withdraw();
    try {
      await output.close();
    } finally {
      stored.release();
    }
  }

  /** Duration of a segment, in seconds. */
  get #targetDuration(): number {
    return this.#dependencies.timing.segmentDuration * (this.#options.lowLatency ? 1 : regularSegments);
  }

  #stream({ folder }: RoomStream): HlsStream {
    const { clock } = this.#dependencies;
    const { lowLatency, persistent, targetWindowDuration: window } = this.#options;
    return new HlsStream({ folder, clock, lowLatency, persistent, targetDuration: this.#targetDuration, window });
  }

  #output(stream: HlsStream): ProgramOutput {
    const { keyframeInterval, partDuration, passthrough } = this.#dependencies.timing;
    const segmentDuration = this.#targetDuration * 1000;
    const cut = { keyframeInterval, segmentDuration, passthrough, ...(this.#options.lowLatency && { partDuration }) };
    return { sink: new Packager(cut, stream), observer: stream.observer, close: () => stream.close() };
  }
}
