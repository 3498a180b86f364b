import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import { fingerprint, type S3Bucket } from '../../storage/s3-bucket.ts';
import { StoreError } from '../../storage/store-error.ts';

const playlistType = 'application/vnd.apple.mpegurl';
/** docs/contracts/fishjam-config.md 6. */
const uploaded = /\.(m4s|m3u8|mp4)$/;
/** Before a file is tried again, in ms. */
const waits = [1000, 4000];

export interface StreamUpload {
  readonly bucket: S3Bucket;
  readonly folder: string;
  /** What names in the store begin with. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Uploads the files of a stream that is over, one after the other, under `<prefix>/<file name>`; playlists come last, so that what
 * they list is there. Each is verified, and tried again when it fails; what is there already is not sent again.
 * @throws Error when one could not be uploaded
 */
export async function uploadStream({ bucket, folder, prefix, clock, signal }: StreamUpload): Promise<void> {
  const names = (await readdir(folder)).filter((name) => uploaded.test(name));
  for (const name of names.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))) {
    const path = join(folder, name);
    const contentType = name.endsWith('.m3u8') ? { contentType: playlistType } : {};
    const file = { path, key: `${prefix}/${name}`, ...(await fingerprint(path)), ...contentType, signal };
    await repeatedly(() => bucket.upload(file), clock, signal);
  }
}

const rank = (name: string) => (name.endsWith('.m3u8') ? 1 : 0);

async function repeatedly(attempt: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const wait of waits) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof StoreError && error.isFinal) throw error;
    }
    await pause(clock, wait, signal);
  }
  signal.throwIfAborted();
  await attempt();
}
