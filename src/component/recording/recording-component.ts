import type { Clock } from '../../clock/clock.ts';
import { AttachedOutput } from '../../output/attached-output.ts';
import { FileOutput } from '../../output/file-output.ts';
import { ChosenOrigins, everyOrigin, type OriginFilter } from '../../program/origin-filter.ts';
import type { ProgramFeeds } from '../../program/program-feeds.ts';
import { TrackSelection } from '../../program/track-selection.ts';
import type { Component } from '../../room/component.ts';
import type { Endpoint } from '../../room/endpoint.ts';
import type { Track } from '../../room/track.ts';
import type { MediaStore, OpenMedia } from '../../storage/media-store.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { Subscribable, SubscribeMode } from '../subscribable.ts';
import type { RecordingOptions, RecordingProperties } from './options.ts';
import type { RecordedRoom } from './recorded-room.ts';
import type { TrackRecorders } from './track-recorders.ts';

export interface RecordingDependencies {
  readonly store: MediaStore;
  readonly feeds: ProgramFeeds;
  readonly trackRecorders: Pick<TrackRecorders, 'open'>;
  readonly clock: Clock;
}

/** Records the tracks of its room, each into files of its own, until the last one has been removed. */
export class RecordingComponent extends RunningComponent implements Subscribable {
  readonly #options: RecordingOptions;
  readonly #store: MediaStore;
  readonly #feeds: ProgramFeeds;
  readonly #trackRecorders: Pick<TrackRecorders, 'open'>;
  readonly #clock: Clock;
  /** By the monotonic clock. */
  #firstSubscription: number | undefined;
  /** Set in `manual` mode. */
  readonly #chosen = new ChosenOrigins();
  readonly #origins: OriginFilter;
  readonly #selection: TrackSelection;
  #media: OpenMedia | undefined;
  #recorded: RecordedRoom | undefined;
  #composite: AttachedOutput | undefined;

  constructor(base: RunningComponentOptions, options: RecordingOptions, dependencies: RecordingDependencies) {
    super('recording', base);
    this.#options = options;
    this.#store = dependencies.store;
    this.#feeds = dependencies.feeds;
    this.#trackRecorders = dependencies.trackRecorders;
    this.#clock = dependencies.clock;
    this.#origins = options.subscribeMode === 'manual' ? this.#chosen : everyOrigin;
    this.#selection = new TrackSelection(this.room, this.#origins);
  }

  get subscribeMode(): SubscribeMode {
    return this.#options.subscribeMode;
  }

  properties(): RecordingProperties {
    return { subscribeMode: this.#options.subscribeMode };
  }

  /** Starts the recording. When that fails the component crashes. */
  override async open(): Promise<Component> {
    const { composed, upload } = this.#options;
    let failure: unknown;
    try {
      this.#media = await this.#store.begin({ kind: 'recording', roomId: this.room.id, details: { composed }, upload });
      if (!this.#media) failure = new Error('Too little space is left on the disk.');
    } catch (error) {
      failure = error;
    }
    const component = await this.enter();
    if (this.#media) this.#record(this.#media);
    else this.crash(failure);
    return component;
  }

  /** Records the tracks of further endpoints. */
  subscribe(origins: readonly string[]): void {
    this.#chosen.add(origins);
  }

  protected async stop(): Promise<void> {
    this.#selection.close();
    await Promise.all([this.#recorded?.close(), this.#composite?.close()]);
    await this.#media?.finish();
  }

  #record(media: OpenMedia): void {
    const { folder, startedAt } = media;
    const { logger, room } = this;
    media.observer.once('full', () => this.crash(new Error('The disk is nearly full.')));
    const recorded = this.#trackRecorders.open({ media: room.media, folder, recordingId: room.id, startedAt, logger });
    recorded.observer.on('complete', (name) => media.complete(name));
    recorded.observer.once('failed', (reason) => this.crash(new Error(reason)));
    this.#recorded = recorded;
    this.#selection.observer.on('added', (track, endpoint) => this.#add(recorded, track, endpoint));
    this.#selection.observer.on('removed', (track) => this.#remove(recorded, track));
    this.#selection.start();
    if (this.#options.composed) this.#compose(media);
  }

  /** Composes the room while it is recorded. When that fails, it is composed from the recorded tracks afterwards. */
  #compose(media: OpenMedia): void {
    const { room, logger } = this;
    // Opened, completed and uploaded with the tracks beside it.
    const begin = async () => ({ ...media, completed: async () => undefined });
    const output = new FileOutput({ begin, name: 'room', logger });
    this.#composite = new AttachedOutput({ feeds: this.#feeds, room, output, origins: this.#origins });
    this.#composite.observer.once('failed', (err) => {
      if (err.kind === 'program') logger.warn({ err }, 'A room cannot be composed while it is recorded.');
      else this.crash(err);
    });
  }

  #add(recorded: RecordedRoom, track: Track, endpoint: Endpoint): void {
    const { id: trackId, type: kind, metadata } = track;
    const now = this.#clock.monotonic();
    this.#firstSubscription ??= now;
    const offset = Math.max(now - this.#firstSubscription, 0);
    recorded.add({ trackId, kind, metadata, origin: endpoint.id, offset });
  }

  #remove(recorded: RecordedRoom, { id }: Track): void {
    recorded.remove(id);
    // docs/contracts/fishjam-rest.md 6.6: all publishers have left.
    if (this.#selection.tracks.size === 0) this.end();
  }
}
