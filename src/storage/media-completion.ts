import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import type { MediaManifest } from './media-manifest.ts';
import type { StoredMedia } from './stored-media.ts';
import type { UploadQueue } from './upload-queue.ts';

/** Delays before a failed completion is retried, in ms: doubled from the first to the maximum. */
const firstWait = 2000;
const maxWait = 5 * 60 * 1000;
/** Maximum time that closing waits for running completions, in ms; the next server finishes the rest. */
const closingTime = 2000;

export interface MediaCompletionOptions {
  readonly uploads: UploadQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The progress of a completion. All promises resolve when the server stops, too. */
export interface Completing {
  /** Resolves when its files are complete or the first attempt has failed. */
  readonly completed: Promise<void>;
  /** Resolves when its kind has finished. Rejects with the reason when the first attempt fails. */
  readonly finished: Promise<void>;
  /** Resolves when nothing is done to it any more. */
  readonly settled: Promise<void>;
}

/** The end of a medium. */
export interface MediaEnd {
  /** Whether its server died. */
  readonly interrupted: boolean;
  /** In ms since the Unix epoch. @defaultValue now */
  readonly endedAt?: number;
  readonly details?: MediaManifest['details'];
}

/** Completes media that is not written to any more, from any state: its kind finishes it, then it is uploaded. */
export class MediaCompletion {
  readonly #options: MediaCompletionOptions;
  /** By path of the manifest. */
  readonly #working = new Map<string, Completing>();
  readonly #finishing = new Set<Promise<boolean>>();
  readonly #stopping = new AbortController();

  constructor(options: MediaCompletionOptions) {
    this.#options = options;
  }

  /** Resolves when no completion is running. For tests. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await this.#allSettled();
  }

  /** Completes a medium. Resolves when only its upload remains, or the first attempt has failed. */
  async finished({ path }: StoredMedia): Promise<void> {
    await this.#working.get(path)?.finished.catch(() => undefined);
  }

  add(media: StoredMedia, end: MediaEnd): Completing {
    const completed = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    finished.promise.catch(() => undefined);
    const told = {
      complete: () => completed.resolve(),
      finish: (error?: unknown) => {
        if (error === undefined) finished.resolve();
        else finished.reject(error);
      },
    };
    const settled = this.#persist(media, end, told)
      .catch((err: unknown) =>
        this.#options.logger.error({ err, folder: media.folder }, 'The completion of a medium failed unexpectedly.'),
      )
      .finally(() => {
        this.#working.delete(media.path);
        told.finish();
        told.complete();
      });
    const completing = { completed: completed.promise, finished: finished.promise, settled };
    this.#working.set(media.path, completing);
    return completing;
  }

  /** Resolves when no completion is running; the next server continues. Idempotent. */
  async close(): Promise<void> {
    await this.#options.uploads.close();
    const finished = new AbortController();
    void Promise.allSettled(this.#finishing).then(() => finished.abort());
    await pause(this.#options.clock, closingTime, finished.signal);
    this.#stopping.abort();
    await this.#allSettled();
  }

  async #allSettled(): Promise<void> {
    await Promise.all([...this.#working.values()].map(({ settled }) => settled));
  }

  /** Retries: a disk that is full may have space again later. */
  async #persist(media: StoredMedia, end: MediaEnd, told: Told): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    for (let wait = firstWait; !signal.aborted; wait = Math.min(2 * wait, maxWait)) {
      try {
        await this.#bring(media, end, told);
        return;
      } catch (error) {
        if (signal.aborted) break;
        const { folder, kind } = media;
        if (await media.isGone()) return await this.#forget(media);
        if (media.isLost) return logger.warn({ folder }, `${kind.title} was taken over by another server.`);
        logger.error(
          { err: error, folder, retryInMs: wait },
          `${kind.title} could not be completed; it is tried again.`,
        );
        told.finish(error);
        told.complete();
      }
      await pause(clock, wait, signal);
    }
    await media.release().catch(() => undefined);
  }

  async #bring(media: StoredMedia, end: MediaEnd, told: Told): Promise<void> {
    if (await media.isGone()) {
      told.complete();
      return await this.#forget(media);
    }
    const { missing, upload } = media.manifest;
    const isOver = media.state === 'failed' && missing === undefined;
    if (media.state === 'recording' || (media.state === 'failed' && !isOver)) {
      await media.finalise(end.endedAt ?? this.#options.clock.now(), end.details);
    }
    if (media.state === 'finalising' && (await this.#follow(this.#finish(media, end.interrupted, told)))) return;
    if (media.state === 'uploading' || (media.state === 'failed' && upload && !media.isSafe)) {
      told.complete();
      await this.#options.uploads.add(media);
      if (this.#stopping.signal.aborted) return await media.release();
    }
    await this.#settle(media);
  }

  /** @returns whether the medium is done */
  async #finish(media: StoredMedia, interrupted: boolean, told: Told): Promise<boolean> {
    const { signal } = this.#stopping;
    const { missing, isCutOff = false } =
      (await media.kind.finish({
        ...{ folder: media.folder, manifest: media.manifest, interrupted, signal, onComplete: told.complete },
        keep: (details) => media.note({ details }),
      })) ?? {};
    if (isCutOff) return await media.release().then(() => true);
    const { title } = media.kind;
    const { roomId } = media.manifest;
    const { folder } = media;
    if (interrupted) this.#options.logger.warn({ roomId, folder }, `${title} was interrupted; it is completed now.`);
    // Media that is neither uploaded nor kept needs no checksums.
    const isKept = media.manifest.upload !== undefined || outcomeOf(media) === 'keep';
    if (isKept) {
      if (await media.isEmpty()) return await media.delete().then(() => true);
      told.finish();
      await media.complete(missing, signal);
    }
    const fields = { roomId, folder, ...(isKept && { state: media.state, bytes: media.size }) };
    this.#options.logger.info(fields, `${title} is complete.`);
    return false;
  }

  /** Closing waits for it. */
  async #follow(finishing: Promise<boolean>): Promise<boolean> {
    this.#finishing.add(finishing);
    return await finishing.finally(() => this.#finishing.delete(finishing));
  }

  async #settle(media: StoredMedia): Promise<void> {
    const { upload } = media.manifest;
    const outcome = !upload || media.isSafe ? outcomeOf(media) : 'keep';
    if (outcome === 'remove') await media.delete();
    else if (outcome === 'forget') await media.forget();
    else await media.release();
  }

  async #forget(media: StoredMedia): Promise<void> {
    this.#options.logger.info({ folder: media.folder }, `${media.kind.title} was taken away.`);
    await media.forget();
    await this.#options.uploads.forget(media);
  }
}

/** The promises of those that wait for a medium. */
interface Told {
  readonly complete: () => void;
  readonly finish: (error?: unknown) => void;
}

const outcomeOf = ({ kind, manifest }: StoredMedia) => kind.outcome?.(manifest) ?? 'keep';
