import type { Clock } from '../clock/clock.ts';
import type { Config } from '../config/config.ts';
import { folderMade } from '../error/start-error.ts';
import type { Logger } from '../log/logger.ts';
import { AddressGuard } from '../net/address-guard.ts';
import type { MediaKind } from './media-kind.ts';
import { MediaStore } from './media-store.ts';
import { S3Bucket } from './s3-bucket.ts';
import { Sealer } from './sealed-text.ts';

export interface OpenStoreOptions {
  readonly config: Config;
  readonly kinds: readonly MediaKind[];
  /** Whether the room of a folder is live. */
  readonly isLive: (folder: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the store of a server. @throws StartError when its folders cannot be made or read */
export async function openStore({ config, ...shared }: OpenStoreOptions): Promise<MediaStore> {
  const { s3, storage, secretKeyBase, resourcesBasePath, jibri } = config;
  const guard = new AddressGuard(storage.s3Networks);
  const opening = MediaStore.open({
    ...{ ...shared, retention: storage.retention, minFree: storage.freeSpace },
    account: s3 && {
      ...s3,
      accessKeyId: s3.accessKeyId.reveal(),
      secretAccessKey: s3.secretAccessKey.reveal(),
    },
    openBucket: (account) => new S3Bucket({ ...account, endpoint: storage.s3Endpoint, guard }),
    sealer: new Sealer(secretKeyBase.reveal(), 'upload credentials'),
  });
  const made = folderMade(opening, resourcesBasePath, 'FJ_RESOURCES_BASE_PATH');
  return await folderMade(made, jibri.recordings, 'JIBRI_RECORDING_DIR');
}
