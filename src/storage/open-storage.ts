import type { Config } from '../config/config.ts';
import { folderMade } from '../error/start-error.ts';
import { AddressGuard } from '../net/address-guard.ts';
import { MediaStore, type MediaStoreOptions } from './media-store.ts';
import { S3Bucket } from './s3-bucket.ts';
import { Sealer } from './sealed-text.ts';

export interface OpenStorageOptions extends Pick<MediaStoreOptions, 'kinds' | 'isLive' | 'clock' | 'logger'> {
  readonly config: Config;
}

/** The upload target of files without an account of their own; undefined: they stay on this host. */
export function uploadOf({ s3, s3PathPrefix }: Config): { readonly prefix: string } | undefined {
  return s3 && { prefix: s3PathPrefix ?? '' };
}

/** Opens the store of this server's media. @throws StartError when a folder cannot be created or read */
export async function openStorage({ config, ...parts }: OpenStorageOptions): Promise<MediaStore> {
  const { s3, storage, secretKeyBase, resourcesBasePath } = config;
  const guard = new AddressGuard(storage.s3Networks);
  const opening = MediaStore.open({
    ...parts,
    account: s3 && {
      ...s3,
      accessKeyId: s3.accessKeyId.reveal(),
      secretAccessKey: s3.secretAccessKey.reveal(),
    },
    openBucket: (account) => new S3Bucket({ ...account, endpoint: storage.s3Endpoint, guard }),
    sealer: new Sealer(secretKeyBase.reveal(), 'upload credentials'),
    retention: storage.retention,
    minFree: storage.freeSpace,
  });
  return await folderMade(opening, resourcesBasePath, 'FJ_RESOURCES_BASE_PATH');
}
