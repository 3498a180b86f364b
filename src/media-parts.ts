import { basename, dirname, join } from 'node:path';
import { systemClock } from './clock/clock.ts';
import type { ComponentKind } from './component/component-kind.ts';
import { Components } from './component/components.ts';
import { fileKind } from './component/file/file-kind.ts';
import { hlsKind } from './component/hls/hls-kind.ts';
import { StreamStorage } from './component/hls/stream-storage.ts';
import { recordingKind } from './component/recording/recording-kind.ts';
import { rtspKind } from './component/rtsp/rtsp-kind.ts';
import type { Config } from './config/config.ts';
import { folderMade } from './error/start-error.ts';
import { Jibri } from './jibri/jibri.ts';
import { openRecorders } from './jibri/open-recorders.ts';
import { readTokenKey } from './jibri/webhook-token.ts';
import type { Logger } from './log/logger.ts';
import { AddressGuard } from './net/address-guard.ts';
import { OutboundClient } from './net/outbound-client.ts';
import { FileOutput } from './output/file-output.ts';
import { RoomOutputs } from './output/room-outputs.ts';
import { RtmpOutput } from './output/rtmp/rtmp-output.ts';
import { isAllowedTarget } from './output/rtmp/rtmp-target.ts';
import { ProgramFeeds } from './program/program-feeds.ts';
import type { Recorders, SessionOutputs } from './recorder/recorders.ts';
import type { RoomEvents } from './room/room-events.ts';
import type { RoomRegistry } from './room/room-registry.ts';
import type { RoomRouter } from './sfu/room-router.ts';
import { completeMp4 } from './storage/complete-mp4.ts';
import { composeFilm } from './storage/compose-film.ts';
import { MediaStore, type MediaStoreOptions } from './storage/media-store.ts';
import { type OpenBucket, S3Bucket } from './storage/s3-bucket.ts';
import { Sealer } from './storage/sealed-text.ts';
import { StoredFolder } from './storage/stored-folder.ts';
import { completeAbandonedFiles } from './storage/unfinished-files.ts';
import { WorkingFolder } from './storage/working-folder.ts';

/** Milliseconds after the start at which recordings that a crash has left are completed. */
const sweepDelay = 65_000;

/** Anything that the server owns, in the order in which it was opened. */
export interface Owned {
  readonly close: () => Promise<void> | void;
}

export interface MediaPartsOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  /** Whoever closes what is opened here, last first. @returns the part */
  readonly own: <T extends Owned>(part: T) => T;
  /** Ends the process, with the exit code, when an orchestrator of recorders wants it. */
  readonly exit: (code: number) => void;
}

/** What makes media of rooms, or brings media into them. */
export interface MediaParts {
  readonly feeds: ProgramFeeds;
  readonly components: Components;
  readonly outputs: RoomOutputs;
  readonly recorders: Recorders;
  readonly jibri: Jibri;
}

/** Constructs and wires components, outputs and recorders, with the storage that they share. @throws when one cannot start */
export async function openMediaParts(options: MediaPartsOptions): Promise<MediaParts> {
  const { config, logger, rooms, own } = options;
  const feeds = own(new ProgramFeeds({ settings: config.program, logger }));
  const isLive = (roomId: string) => rooms.find(roomId) !== undefined;
  const storeOptions = mediaStoreOptions(config, isLive, logger);
  const opening = MediaStore.open(storeOptions);
  const store = own(await folderMade(opening, storeOptions.folder, 'FJ_RESOURCES_BASE_PATH'));
  const components = await openComponents(options, feeds, store);
  const outputs = own(openOutputs(options, feeds, store));
  return { feeds, components, outputs, ...(await openJibri(options, feeds, store)) };
}

/** The kinds of component that are built, of those that the configuration allows. */
async function openComponents(options: MediaPartsOptions, feeds: ProgramFeeds, store: MediaStore): Promise<Components> {
  const { config, logger } = options;
  const { componentsUsed, rtsp, resourcesBasePath } = config;
  const { verifyTls } = rtsp;
  const kinds = [
    await openHls(options, feeds),
    openRecording(options, feeds, store),
    fileKind({ resourcesBasePath, clock: systemClock, logger }),
    rtspKind({ guard: new AddressGuard(rtsp), verifyTls, clock: systemClock, logger }),
  ];
  return new Components(kinds.filter(({ type }) => componentsUsed?.has(type) ?? true));
}

async function openHls(options: MediaPartsOptions, feeds: ProgramFeeds): Promise<ComponentKind> {
  const { config, logger, events, own } = options;
  const { program, hls, anyCodec, resourcesBasePath, storage } = config;
  const { freeSpace: leastFree, retention } = storage;
  const stored = { resourcesBasePath, leastFree, retention, ...uploads(config) };
  const streams = own(await StreamStorage.start({ ...stored, events, clock: systemClock, logger }));
  const { keyframeInterval, partDuration } = program;
  const timing = { ...hls, keyframeInterval, partDuration };
  return hlsKind({ feeds, storage: streams, events, timing, anyCodec, clock: systemClock, logger });
}

function openRecording({ config, logger }: MediaPartsOptions, feeds: ProgramFeeds, store: MediaStore): ComponentKind {
  const environment = {
    hasAccount: config.s3 !== undefined,
    pathPrefix: config.s3PathPrefix,
    local: config.storage.localRecordings,
  };
  const { anyCodec } = config;
  return recordingKind({ feeds, store, environment, anyCodec, clock: systemClock, logger });
}

function openOutputs(
  { config, logger, events }: MediaPartsOptions,
  feeds: ProgramFeeds,
  store: MediaStore,
): RoomOutputs {
  const { resourcesBasePath, jibri } = config;
  const { openStream } = outputs(config);
  return new RoomOutputs({
    ...{ feeds, events, logger },
    openFile: (path, { id: roomId }) => {
      const folder = join(resourcesBasePath, dirname(path));
      const place = new StoredFolder(store, { roomId, folder, upload: upload(config) });
      return new FileOutput({ place, name: basename(path, '.mp4'), logger });
    },
    openStream: (url, credentials) => openStream({ url, ...(credentials && { credentials }) }, logger),
    isAllowed: (url) => isAllowedTarget(url, jibri.allowList),
  });
}

async function openJibri(options: MediaPartsOptions, feeds: ProgramFeeds, store: MediaStore) {
  const { config, logger, rooms, events, own, exit } = options;
  const client = own(new OutboundClient({ guard: new AddressGuard(config.outbound), connectTimeout: 2000 }));
  const { token, recordings } = config.jibri;
  const readKey = token && (() => readTokenKey(token.keyPath));
  const tokenKey = await readKey?.();
  const parts = { config: config.jibri, clock: systemClock, logger };
  const storage = { store, upload: upload(config) };
  const recorders = openRecorders({ ...parts, ...{ rooms, events, feeds, storage, outputs: outputs(config) } });
  const jibri = new Jibri({
    ...{ ...parts, recorders, client, exit },
    ...(readKey && tokenKey !== undefined && { tokenKey, readTokenKey: readKey }),
  });
  own(sweep(recordings, logger));
  // It tells how the sessions end, so it is closed after them.
  own(jibri);
  return { recorders: own(recorders), jibri };
}

/** Completes what a crash has left, as soon as it is certain that nobody writes to it. */
function sweep(folder: string, logger: Logger): Owned {
  const close = systemClock.schedule(sweepDelay, async () => {
    await completeAbandonedFiles(folder, systemClock.now(), logger).catch((err: unknown) => {
      logger.error({ err, folder }, 'Recordings that were cut off could not be completed.');
    });
  });
  return { close };
}

/** What the program of a room can go out to. */
function outputs({ outbound, rtmp: { retryTime }, storage: { freeSpace } }: Config): SessionOutputs {
  const guard = new AddressGuard(outbound);
  return {
    openFile: (path, logger) => {
      const place = new WorkingFolder({ destination: dirname(path), leastFree: freeSpace, logger });
      return new FileOutput({ place, name: basename(path, '.mp4'), logger });
    },
    openStream: (target, logger) => new RtmpOutput({ ...target, guard, retryTime, logger }),
  };
}

/** What whoever uploads needs. */
function uploads({ storage, secretKeyBase }: Config): { openBucket: OpenBucket; sealer: Sealer } {
  const { s3Endpoint: endpoint, s3Networks } = storage;
  const guard = new AddressGuard(s3Networks);
  return {
    openBucket: (account) => new S3Bucket({ ...account, endpoint, guard }),
    sealer: new Sealer(secretKeyBase.reveal(), 'upload credentials'),
  };
}

function mediaStoreOptions(config: Config, isLive: (roomId: string) => boolean, logger: Logger): MediaStoreOptions {
  const { resourcesBasePath, s3, storage, jibri, program } = config;
  const account = s3 && {
    bucket: s3.bucket,
    region: s3.region,
    accessKeyId: s3.accessKeyId.reveal(),
    secretAccessKey: s3.secretAccessKey.reveal(),
  };
  return {
    folder: join(resourcesBasePath, 'raw_recordings'),
    siblings: [join(resourcesBasePath, 'outputs')],
    others: [jibri.recordings],
    account,
    ...uploads(config),
    retention: storage.retention,
    leastFree: storage.freeSpace,
    isLive,
    finishers: [(folder) => completeMp4(folder, logger)],
    composeFilm: (folder, signal) => composeFilm({ folder, settings: program, logger, signal }),
    clock: systemClock,
    logger,
  };
}

/** Where files of sessions are uploaded; undefined: nowhere. */
function upload({ s3, s3PathPrefix }: Config): { readonly prefix: string } | undefined {
  return s3 && { prefix: s3PathPrefix ?? '' };
}
