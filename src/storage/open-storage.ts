import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { folderMade } from '../error/start-error.ts';
import { AddressGuard } from '../net/address-guard.ts';
import { completeMp4 } from './complete-mp4.ts';
import { composeFilm } from './compose-film.ts';
import { MediaStore, type MediaStoreOptions } from './media-store.ts';
import { S3Bucket } from './s3-bucket.ts';
import { Sealer } from './sealed-text.ts';
import { sweepAbandonedFiles } from './unfinished-files.ts';

export interface OpenStorageOptions extends Pick<MediaStoreOptions, 'isLive' | 'clock' | 'logger'> {
  readonly config: Config;
}

/** Where media of this server is kept. */
export interface Storage extends Pick<MediaStoreOptions, 'openBucket' | 'sealer'> {
  readonly store: MediaStore;
  /** Where files go that have no account of their own; undefined: they stay on this host. */
  readonly upload: { readonly prefix: string } | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

/** @throws StartError when a folder cannot be made or read */
export async function openStorage(options: OpenStorageOptions): Promise<Storage> {
  const { resourcesBasePath, s3, s3PathPrefix, jibri } = options.config;
  const uploads = openUploads(options.config);
  const folder = join(resourcesBasePath, 'raw_recordings');
  const opening = MediaStore.open({ folder, ...uploads, ...storeOptions(options) });
  const store = await folderMade(opening, folder, 'FJ_RESOURCES_BASE_PATH');
  const cancelSweep = sweepAbandonedFiles(jibri.recordings, options.clock, options.logger);
  return {
    ...uploads,
    store,
    upload: s3 && { prefix: s3PathPrefix ?? '' },
    close: async () => {
      cancelSweep();
      await store.close();
    },
  };
}

function openUploads({ storage, secretKeyBase }: Config): Pick<MediaStoreOptions, 'openBucket' | 'sealer'> {
  const { s3Endpoint: endpoint, s3Networks } = storage;
  const guard = new AddressGuard(s3Networks);
  return {
    openBucket: (account) => new S3Bucket({ ...account, endpoint, guard }),
    sealer: new Sealer(secretKeyBase.reveal(), 'upload credentials'),
  };
}

function storeOptions({ config, isLive, clock, logger }: OpenStorageOptions) {
  const { resourcesBasePath, s3, storage, jibri, program } = config;
  return {
    siblings: [join(resourcesBasePath, 'outputs')],
    others: [jibri.recordings],
    account: s3 && {
      ...s3,
      accessKeyId: s3.accessKeyId.reveal(),
      secretAccessKey: s3.secretAccessKey.reveal(),
    },
    retention: storage.retention,
    leastFree: storage.freeSpace,
    finishers: [(folder: string) => completeMp4(folder, logger)],
    composeFilm: (folder: string, signal: AbortSignal) => composeFilm({ folder, settings: program, logger, signal }),
    ...{ isLive, clock, logger },
  };
}
