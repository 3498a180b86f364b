import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import type { RecordingEnvironment } from '../../../src/component/recording/options.ts';
import type { RecordingComponent } from '../../../src/component/recording/recording-component.ts';
import { recordingKind } from '../../../src/component/recording/recording-kind.ts';
import { RecordingMedia } from '../../../src/component/recording/recording-media.ts';
import { TrackRecorders } from '../../../src/component/recording/track-recorders.ts';
import type { ProgramSettings } from '../../../src/program/composer-message.ts';
import { ProgramFeeds, type ProgramFeedsOptions } from '../../../src/program/program-feeds.ts';
import type { Component } from '../../../src/room/component.ts';
import { MediaStore, type MediaStoreOptions } from '../../../src/storage/media-store.ts';
import { Sealer } from '../../../src/storage/sealed-text.ts';
import { RoomOnWorker } from '../../sfu/room-on-worker.ts';

/** How the room is composed. */
export const settings: ProgramSettings = {
  ...{ width: 320, height: 180, frameRate: 30, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 500_000, audioBitrate: 96_000, audioChannels: 1, showNames: false, preset: 'veryfast' },
};

export const sealer = new Sealer('s'.repeat(32), 'test');

/** A room on a real media worker that can be recorded into a store. */
export class RecordingRoom {
  readonly world: RoomOnWorker;
  readonly store: MediaStore;
  /** For another one that goes on where it left off. */
  readonly storeOptions: MediaStoreOptions;
  readonly feeds: ProgramFeeds;
  readonly trackRecorders: TrackRecorders;
  /** `raw_recordings`. */
  readonly folder: string;
  readonly log: string[];
  readonly #environment: RecordingEnvironment;

  private constructor(
    world: RoomOnWorker,
    { store, storeOptions }: Pick<RecordingRoom, 'store' | 'storeOptions'>,
    folder: string,
    log: string[],
    environment: RecordingEnvironment,
    startComposer: ProgramFeedsOptions['startComposer'],
  ) {
    this.world = world;
    this.store = store;
    this.storeOptions = storeOptions;
    const logger = pino({}, { write: (line) => log.push(line) });
    this.feeds = new ProgramFeeds({ settings, logger, ...(startComposer && { startComposer }) });
    this.trackRecorders = new TrackRecorders({ logger, clock: systemClock });
    this.folder = folder;
    this.log = log;
    this.#environment = environment;
  }

  static async open(
    t: Test,
    environment: Partial<RecordingEnvironment> = {},
    options: Partial<MediaStoreOptions> & { readonly folder?: string } = {},
    startComposer?: ProgramFeedsOptions['startComposer'],
  ): Promise<RecordingRoom> {
    const world = await RoomOnWorker.open();
    const { folder = await mkdtemp(join(tmpdir(), 'shoal-recording-')), ...changes } = options;
    const log: string[] = [];
    const logger = pino({}, { write: (line) => log.push(line) });
    const storeOptions: MediaStoreOptions = {
      kinds: [new RecordingMedia({ root: folder, settings, clock: systemClock, logger })],
      sealer,
      retention: {},
      minFree: 0,
      isLive: (id) => world.registry.find(id) !== undefined,
      clock: systemClock,
      logger,
      openBucket: () => {
        throw new Error('No store.');
      },
      ...changes,
    };
    const store = await MediaStore.open(storeOptions);
    const room = new RecordingRoom(
      world,
      { store, storeOptions },
      folder,
      log,
      { hasAccount: false, local: true, ...environment },
      startComposer,
    );
    t.teardown(async () => {
      await world.close();
      await room.feeds.close();
      await room.trackRecorders.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    });
    return room;
  }

  /** A recording, and what the tests need of it. */
  async record(
    options: Record<string, unknown> = {},
  ): Promise<{ component: Component; recording: RecordingComponent }> {
    const { store, feeds, trackRecorders } = this;
    const logger = pino({}, { write: (line) => this.log.push(line) });
    const kind = recordingKind({
      store,
      feeds,
      trackRecorders,
      anyCodec: false,
      environment: this.#environment,
      clock: systemClock,
      logger,
    });
    const component = await kind.create(this.world.room, options);
    return { component, recording: component.source as RecordingComponent };
  }

  /** Folders of the room's recordings so far, oldest first. */
  async parts(): Promise<string[]> {
    const room = join(this.folder, this.world.room.id);
    return (await readdir(room)).sort().map((name) => join(room, name));
  }

  async end(component: Component): Promise<void> {
    await this.world.room.removeComponent(component.id);
    await this.store.settled();
  }
}
