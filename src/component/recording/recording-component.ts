import type { Clock } from '../../clock/clock.ts';
import { ProgramFile } from '../../output/program-file.ts';
import { ChosenOrigins, everyOrigin, type OriginFilter } from '../../program/origin-filter.ts';
import type { ProgramAttachment, ProgramFeeds } from '../../program/program-feeds.ts';
import { TrackSelection } from '../../program/track-selection.ts';
import type { Component } from '../../room/component.ts';
import type { Endpoint } from '../../room/endpoint.ts';
import type { Track } from '../../room/track.ts';
import type { MediaStore, OpenMedia } from '../../storage/media-store.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import type { Subscribable, SubscribeMode } from '../subscribable.ts';
import type { RecordingOptions } from './options.ts';
import { TrackRecorder } from './track-recorder.ts';

export interface RecordingDependencies {
  readonly store: MediaStore;
  readonly feeds: ProgramFeeds;
  readonly clock: Clock;
}

/** Records the tracks of its room, each by itself, until the last of them is gone. */
export class RecordingComponent extends RunningComponent implements Subscribable {
  readonly #options: RecordingOptions;
  readonly #store: MediaStore;
  readonly #feeds: ProgramFeeds;
  readonly #clock: Clock;
  /** Milliseconds since the Unix epoch. */
  #firstSubscription: number | undefined;
  /** In `manual` mode. */
  readonly #chosen = new ChosenOrigins();
  readonly #origins: OriginFilter;
  readonly #selection: TrackSelection;
  #media: OpenMedia | undefined;
  #recorder: TrackRecorder | undefined;
  #composition: { readonly file: ProgramFile; readonly attachment: ProgramAttachment } | undefined;

  constructor(base: RunningComponentOptions, options: RecordingOptions, dependencies: RecordingDependencies) {
    super('recording', base);
    this.#options = options;
    this.#store = dependencies.store;
    this.#feeds = dependencies.feeds;
    this.#clock = dependencies.clock;
    this.#origins = options.subscribeMode === 'manual' ? this.#chosen : everyOrigin;
    this.#selection = new TrackSelection(this.room, this.#origins);
  }

  get subscribeMode(): SubscribeMode {
    return this.#options.subscribeMode;
  }

  properties(): Record<string, unknown> {
    return { subscribeMode: this.#options.subscribeMode };
  }

  /** For tests that kill it. */
  get workerPid(): number | undefined {
    return this.#recorder?.workerPid;
  }

  /** When nothing can be recorded the component crashes. */
  override async open(): Promise<Component> {
    const { composed, upload } = this.#options;
    let failure: unknown;
    try {
      this.#media = await this.#store.begin({ roomId: this.room.id, film: composed, upload });
      if (!this.#media) failure = new Error('Too little space is left on the disk.');
    } catch (error) {
      failure = error;
    }
    const component = await this.enter();
    if (this.#media) this.#record(this.#media);
    else this.crash(failure);
    return component;
  }

  /** Takes the tracks of further endpoints. */
  subscribe(origins: readonly string[]): void {
    this.#chosen.add(origins);
  }

  protected async stop(): Promise<void> {
    this.#selection.close();
    await Promise.all([this.#recorder?.close(), this.#endComposition()]);
    await this.#media?.finish();
  }

  #record(media: OpenMedia): void {
    const { folder, startedAt } = media;
    const { logger, room } = this;
    media.observer.once('full', () => this.crash(new Error('The disk is nearly full.')));
    const recorder = new TrackRecorder({ media: room.media, folder, recordingId: room.id, startedAt, logger });
    recorder.observer.on('complete', (name) => media.complete(name));
    recorder.observer.once('failed', (reason) => this.crash(new Error(reason)));
    this.#recorder = recorder;
    this.#selection.observer.on('added', (track, endpoint) => this.#add(recorder, track, endpoint));
    this.#selection.observer.on('removed', (track) => this.#remove(recorder, track));
    this.#selection.start();
    if (this.#options.composed) this.#compose(folder);
  }

  /** The room as one picture, beside its tracks. */
  #compose(folder: string): void {
    const file = new ProgramFile({ folder, name: 'room', onFailure: (error) => this.crash(error) });
    this.#composition = { file, attachment: this.#feeds.attach(this.room, file, this.#origins) };
  }

  async #endComposition(): Promise<void> {
    await this.#composition?.attachment.close();
    await this.#composition?.file.settled();
  }

  #add(recorder: TrackRecorder, track: Track, endpoint: Endpoint): void {
    const { id: trackId, type: kind, metadata } = track;
    const now = this.#clock.now();
    this.#firstSubscription ??= now;
    const offset = Math.max(now - this.#firstSubscription, 0);
    recorder.add({ trackId, kind, metadata, origin: endpoint.id, offset });
  }

  #remove(recorder: TrackRecorder, { id }: Track): void {
    recorder.remove(id);
    // docs/contracts/fishjam-rest.md 6.6: all publishers have left.
    if (this.#selection.tracks.size === 0) this.end();
  }
}
