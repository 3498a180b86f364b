import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint, type S3Bucket } from '../../storage/s3-bucket.ts';

const playlistType = 'application/vnd.apple.mpegurl';
/** Section 6 of the configuration contract. */
const uploaded = /\.(m4s|m3u8|mp4)$/;

/**
 * Uploads the files of a stream that is over, one after the other, under `<room id>/<file name>`; playlists come last, so that what
 * they list is there. Each is verified.
 * @throws Error when one could not be uploaded
 */
export async function uploadStream(
  bucket: S3Bucket,
  folder: string,
  roomId: string,
  signal: AbortSignal,
): Promise<void> {
  const names = (await readdir(folder)).filter((name) => uploaded.test(name));
  for (const name of names.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))) {
    signal.throwIfAborted();
    const path = join(folder, name);
    const contentType = name.endsWith('.m3u8') ? { contentType: playlistType } : {};
    await bucket.upload({ path, key: `${roomId}/${name}`, ...(await fingerprint(path)), ...contentType, signal });
  }
}

const rank = (name: string) => (name.endsWith('.m3u8') ? 1 : 0);
