import PQueue from 'p-queue';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import type { OpenBucket, S3Account, S3Bucket } from './s3-bucket.ts';
import type { StoredMedia } from './stored-media.ts';

/** Waits between attempts, in ms: doubled from the first to the longest. */
const firstWait = 1000;
const longestWait = 5 * 60 * 1000;
/** How long uploads are tried, in ms since the first attempt. */
const patience = 24 * 60 * 60 * 1000;

export interface UploadQueueOptions {
  /** @returns undefined when nobody knows the credentials any more */
  readonly account: (media: StoredMedia) => S3Account | undefined;
  readonly openBucket: OpenBucket;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Uploads media until it is there, verified: two at a time, each again and again for a day. */
export class UploadQueue {
  readonly #options: UploadQueueOptions;
  readonly #attempts = new PQueue({ concurrency: 2 });
  readonly #uploads = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: UploadQueueOptions) {
    this.#options = options;
  }

  /** Resolves when it is uploaded, or has failed for good, or the queue is closed. */
  async add(media: StoredMedia): Promise<void> {
    const uploading = this.#upload(media);
    this.#uploads.add(uploading);
    await uploading.finally(() => this.#uploads.delete(uploading));
  }

  /** What was sent of media that is not there any more is of no use. */
  async forget(media: StoredMedia): Promise<void> {
    const account = this.#options.account(media);
    if (!account || !media.manifest.upload) return;
    const bucket = this.#options.openBucket(account);
    await media.removeParts(bucket, this.#stopping.signal).finally(() => bucket.close());
  }

  /** Stops where it is; the next server goes on. Idempotent. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#uploads);
  }

  async #upload(media: StoredMedia): Promise<void> {
    const { clock, logger, account: accountOf, openBucket } = this.#options;
    const { signal } = this.#stopping;
    const fields = { roomId: media.manifest.roomId, folder: media.folder };
    const account = accountOf(media);
    if (!account) {
      await media.fail('The credentials of the upload are not known any more.');
      logger.error(fields, 'A recording cannot be uploaded: its credentials are not known any more.');
      return;
    }
    const bucket = openBucket(account);
    const giveUpAt = clock.now() + patience;
    try {
      for (let wait = firstWait; !signal.aborted; wait = Math.min(2 * wait, longestWait)) {
        const reason = await this.#attempts.add(() => this.#attempt(media, bucket));
        if (signal.aborted) return;
        if (reason === undefined) return logger.info(fields, 'A recording is uploaded.');
        const last = clock.now() + wait > giveUpAt;
        logger.warn({ ...fields, reason }, last ? 'A recording could not be uploaded.' : 'An upload is tried again.');
        if (last) return await media.fail(reason);
        await media.note(reason);
        await pause(clock, wait, signal);
      }
    } finally {
      bucket.close();
    }
  }

  /** @returns why it failed */
  async #attempt(media: StoredMedia, bucket: S3Bucket): Promise<string | undefined> {
    try {
      await media.upload(bucket, this.#stopping.signal);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
