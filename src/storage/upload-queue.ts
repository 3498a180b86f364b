import PQueue from 'p-queue';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import type { OpenBucket, S3Account, S3Bucket } from './s3-bucket.ts';
import { StoreError } from './store-error.ts';
import type { StoredMedia } from './stored-media.ts';

/** Delays between attempts, in ms: doubled from the first to the maximum. */
const firstWait = 1000;
const maxWait = 5 * 60 * 1000;
/** Time for which an upload is retried, in ms since the first attempt. */
const timeout = 24 * 60 * 60 * 1000;
/** Number of failed attempts after which the failure is reported; short outages of the store are over by then. */
const hiccups = 3;

export interface UploadQueueOptions {
  /** @returns undefined when the credentials are not known any more */
  readonly account: (media: StoredMedia) => S3Account | undefined;
  readonly openBucket: OpenBucket;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Uploads media and verifies it: two at a time, each retried for a day. */
export class UploadQueue {
  readonly #options: UploadQueueOptions;
  readonly #attempts = new PQueue({ concurrency: 2 });
  readonly #uploads = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: UploadQueueOptions) {
    this.#options = options;
  }

  /** Adds a medium. Resolves when it is uploaded or has failed finally, or when the queue is closed. */
  async add(media: StoredMedia): Promise<void> {
    const uploading = this.#upload(media);
    this.#uploads.add(uploading);
    await uploading.finally(() => this.#uploads.delete(uploading));
  }

  /** Aborts the unfinished uploads of a removed medium in the store. */
  async forget(media: StoredMedia): Promise<void> {
    const account = this.#options.account(media);
    if (!account || !media.manifest.upload) return;
    const bucket = this.#options.openBucket(account);
    await media.removeParts(bucket, this.#stopping.signal).finally(() => bucket.close());
  }

  /** Aborts uploads; the next server continues. Idempotent. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#uploads);
  }

  async #upload(media: StoredMedia): Promise<void> {
    const bucket = await this.#open(media);
    if (bucket) await this.#repeat(media, bucket).finally(() => bucket.close());
  }

  /** @returns undefined when the upload has failed because there are no credentials */
  async #open(media: StoredMedia): Promise<S3Bucket | undefined> {
    const account = this.#options.account(media);
    try {
      if (account) return this.#options.openBucket(account);
      await this.#fail(media, 'The credentials of the upload are not known any more.');
    } catch (error) {
      await this.#fail(media, textOf(error));
    }
    return undefined;
  }

  async #repeat(media: StoredMedia, bucket: S3Bucket): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const { kind } = media;
    const startedAt = clock.monotonic();
    let wait = firstWait;
    for (let failures = 0; !signal.aborted; wait = Math.min(2 * wait, maxWait)) {
      const attempt = () => media.upload(bucket, signal).catch((error: unknown) => error);
      const error = await this.#attempts.add(() => media.exclusively(attempt));
      const fields = { roomId: media.manifest.roomId, folder: media.folder };
      if (signal.aborted) return;
      if (error === undefined) {
        logger.info(fields, `${kind.title} is uploaded.`);
        return kind.onUploaded?.(media.manifest);
      }
      if (await media.isGone()) throw error;
      const reason = textOf(error);
      failures += 1;
      const isLate = clock.monotonic() + wait - startedAt > timeout;
      if (isLate || (error instanceof StoreError && error.isFinal))
        return await this.#fail(media, reason, failures >= hiccups);
      logger.warn({ ...fields, reason }, 'An upload is tried again.');
      await media.note({ reason });
      if (failures === hiccups) kind.onUploadFailed?.(media.manifest);
      await pause(clock, wait, signal);
    }
  }

  async #fail(media: StoredMedia, reason: string, isTold = false): Promise<void> {
    await media.note({ state: 'failed', reason });
    const fields = { roomId: media.manifest.roomId, folder: media.folder, reason };
    this.#options.logger.error(fields, `${media.kind.title} could not be uploaded; its files are kept.`);
    if (!isTold) media.kind.onUploadFailed?.(media.manifest);
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
