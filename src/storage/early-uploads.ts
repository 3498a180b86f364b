import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import type { OpenBucket, S3Account, S3Bucket } from './s3-bucket.ts';
import type { StoredMedia } from './stored-media.ts';

/** Interval of checks, in ms; while the store fails it doubles up to the maximum. */
const interval = 5000;
const maxInterval = 60_000;

export interface EarlyUploadsOptions {
  readonly media: StoredMedia;
  readonly account: S3Account;
  readonly openBucket: OpenBucket;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Uploads a running recording, so that little is lost with this host: complete parts of growing files, and files that are complete
 * (docs/contracts/fishjam-config.md 5.4). What fails is left to the upload at the end.
 */
export class EarlyUploads {
  readonly #options: EarlyUploadsOptions;
  readonly #stopping = new AbortController();
  readonly #complete = new Set<string>();
  readonly #running: Promise<void>;
  #failing = false;

  /** Starts the checks. */
  constructor(options: EarlyUploadsOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** To be called when this file is complete. */
  add(name: string): void {
    this.#complete.add(name);
  }

  /** Aborts uploads. Resolves when nothing is done to the media any more. Idempotent. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, openBucket, account } = this.#options;
    const { signal } = this.#stopping;
    let bucket: S3Bucket | undefined;
    for (let wait = interval; !signal.aborted; wait = this.#failing ? Math.min(2 * wait, maxInterval) : interval) {
      await pause(clock, wait, signal);
      try {
        bucket ??= openBucket(account);
        await this.#look(bucket);
      } catch (error) {
        this.#fail(error);
      }
    }
    bucket?.close();
  }

  /** Uploads files one after the other. */
  async #look(bucket: S3Bucket): Promise<void> {
    const { media, logger } = this.#options;
    const { roomId } = media.manifest;
    const { signal } = this.#stopping;
    for (const name of await media.appendedFiles()) {
      signal.throwIfAborted();
      if (!this.#complete.has(name)) await media.uploadParts(name, bucket, signal);
      else {
        await media.uploadEarly(name, bucket, signal);
        logger.info({ roomId, file: name }, 'A track is uploaded.');
      }
    }
    if (this.#failing) logger.info({ roomId }, 'The store takes the recording again.');
    this.#failing = false;
  }

  /** Logged once until an upload succeeds again. */
  #fail(error: unknown): void {
    if (this.#stopping.signal.aborted || this.#failing) return;
    this.#failing = true;
    const { media, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const { roomId } = media.manifest;
    logger.warn({ roomId, reason }, 'A recording cannot be uploaded while it goes on; it is tried again.');
  }
}
