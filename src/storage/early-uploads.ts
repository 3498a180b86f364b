import type { Logger } from '../log/logger.ts';
import type { OpenBucket, S3Account, S3Bucket } from './s3-bucket.ts';
import type { StoredMedia } from './stored-media.ts';

export interface EarlyUploadsOptions {
  readonly media: StoredMedia;
  readonly account: S3Account;
  readonly openBucket: OpenBucket;
  readonly logger: Logger;
}

/**
 * Uploads files of a recording that goes on, as soon as nobody writes to them any more: section 5.4 of the configuration contract. What
 * does not succeed is left to the upload at the end.
 */
export class EarlyUploads {
  readonly #options: EarlyUploadsOptions;
  readonly #stopping = new AbortController();
  #bucket: S3Bucket | undefined;
  #uploading: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: EarlyUploadsOptions) {
    this.#options = options;
  }

  /** One after the other. */
  add(name: string): void {
    this.#uploading = this.#uploading.then(() => this.#upload(name));
  }

  /** Stops where it is; resolves when nothing is done to the media any more. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #upload(name: string): Promise<void> {
    const { media, account, openBucket, logger } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    const fields = { roomId: media.manifest.roomId, file: name };
    try {
      this.#bucket ??= openBucket(account);
      await media.uploadEarly(name, this.#bucket, signal);
      logger.info(fields, 'A track is uploaded.');
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ ...fields, reason }, 'A track could not be uploaded yet; it is tried again at the end.');
    }
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    await this.#uploading;
    this.#bucket?.close();
  }
}
