import { stat } from 'node:fs/promises';
import PQueue from 'p-queue';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import { repairTracks, untilQuiet } from './repair.ts';
import { StoredMedia } from './stored-media.ts';
import type { UploadQueue } from './upload-queue.ts';

/** Waits, in ms, before what could not be completed is tried again: doubled from the first to the longest. */
const firstWait = 2000;
const longestWait = 5 * 60 * 1000;
/** How long closing waits for media that is being finalised, in ms; the next server finishes the rest. */
const closingTime = 2000;

export interface MediaCompletionOptions {
  readonly uploads: UploadQueue;
  /** Complete what whoever wrote could not, before the files are taken stock of. */
  readonly finishers: readonly ((folder: string) => Promise<void>)[];
  /** Makes a film of the tracks of a recording that has none, although it was to have one. */
  readonly composeFilm: ((folder: string, signal: AbortSignal) => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings media that nobody writes to any more to its end, whatever its state is: repairs, finalises, uploads it, until it succeeds. */
export class MediaCompletion {
  readonly #options: MediaCompletionOptions;
  /** By folder. */
  readonly #working = new Map<string, Promise<void>>();
  readonly #finalising = new Set<Promise<void>>();
  /** One after the other: each takes all the time of the processors that live programs leave. */
  readonly #films = new PQueue({ concurrency: 1 });
  readonly #stopping = new AbortController();

  constructor(options: MediaCompletionOptions) {
    this.#options = options;
  }

  /** Whether something is done in a folder. */
  isBusy(folder: string): boolean {
    return this.#working.has(folder);
  }

  /** Resolves when nothing is done in a folder. @throws the reason when it is closed meanwhile */
  async done(folder: string): Promise<void> {
    while (this.#working.has(folder)) await this.#working.get(folder);
    this.#stopping.signal.throwIfAborted();
  }

  /** Resolves when nothing is done anywhere. For tests. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.allSettled(this.#working.values());
  }

  /** Goes on with media whose writer has ended in order. @returns a promise of the first attempt to complete its files */
  async add(media: StoredMedia): Promise<void> {
    await new Promise<void>((resolve) => this.#begin(media, async () => undefined, resolve));
  }

  /** Goes on with what an earlier server left in a folder, if it is not complete; says so. */
  async resume(folder: string): Promise<void> {
    const media = await StoredMedia.load(folder);
    if (!media || media.state === 'stored' || media.state === 'uploaded') return;
    const { state, manifest } = media;
    const { roomId } = manifest;
    if (state === 'uploading' || (state === 'failed' && manifest.upload)) {
      this.#options.logger.info({ roomId, folder, state }, 'An upload was interrupted; it goes on.');
    }
    this.#begin(media, () => this.#repair(media));
  }

  /** Uploads stop where they are. Idempotent. */
  async close(): Promise<void> {
    await this.#options.uploads.close();
    const finalised = Promise.allSettled(this.#finalising);
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(closingTime, resolve);
      void finalised.then(() => {
        cancel();
        resolve();
      });
    });
    this.#stopping.abort();
    await Promise.allSettled(this.#working.values());
  }

  /**
   * @param first done before what is left to do in the state that it is in
   * @param onAttempt called when its files are complete, or are not and will be tried again
   */
  #begin(media: StoredMedia, first: () => Promise<void>, onAttempt: () => void = () => undefined): void {
    const { folder } = media;
    const working = this.#persist(media, first, onAttempt).finally(() => {
      this.#working.delete(folder);
      onAttempt();
    });
    this.#working.set(folder, working);
  }

  /** A disk that is full now may have space again later. */
  async #persist(media: StoredMedia, first: () => Promise<void>, onAttempt: () => void): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const { folder } = media;
    for (let wait = firstWait; !signal.aborted; wait = Math.min(2 * wait, longestWait)) {
      try {
        await first();
        await this.#complete(media);
        onAttempt();
        return await this.#upload(media);
      } catch (error) {
        if (signal.aborted) return;
        if (!(await isThere(folder))) return await this.#forget(media);
        logger.error({ err: error, folder, retryInMs: wait }, 'A recording could not be completed; it is tried again.');
        onAttempt();
      }
      await pause(clock, wait, signal);
    }
  }

  async #forget(media: StoredMedia): Promise<void> {
    this.#options.logger.info({ folder: media.folder }, 'A recording was taken away.');
    await this.#options.uploads.forget(media);
  }

  /** The recording of a server that is no more. */
  async #repair(media: StoredMedia): Promise<void> {
    const { logger, clock } = this.#options;
    const { folder, state, manifest } = media;
    if (state === 'failed' && (await media.lacksFilm())) return await media.finalise(clock.now());
    if (state !== 'recording' && state !== 'finalising') return;
    await untilQuiet(folder, clock, this.#stopping.signal);
    const repaired = await repairTracks(folder);
    await media.finalise(clock.now());
    const fields = { roomId: manifest.roomId, folder, state, ...repaired };
    logger.warn(fields, 'A recording was interrupted; it is completed now.');
  }

  async #complete(media: StoredMedia): Promise<void> {
    if (media.state !== 'finalising') return;
    const finalising = this.#finalise(media);
    this.#finalising.add(finalising);
    await finalising.finally(() => this.#finalising.delete(finalising));
  }

  async #upload(media: StoredMedia): Promise<void> {
    if (media.state === 'uploading' || (media.state === 'failed' && media.manifest.upload)) {
      await this.#options.uploads.add(media);
    }
  }

  async #finalise(media: StoredMedia): Promise<void> {
    for (const finisher of this.#options.finishers) await finisher(media.folder);
    if (await media.lacksFilm()) await this.#composeFilm(media);
    const kept = await media.complete(this.#stopping.signal);
    const { roomId, state } = media.manifest;
    const fields = { roomId, folder: media.folder, state, bytes: media.size };
    if (kept) this.#options.logger.info(fields, 'A recording is complete.');
  }

  /** The live one did not come to be, for whatever reason. */
  async #composeFilm({ folder, manifest: { roomId } }: StoredMedia): Promise<void> {
    const { composeFilm, logger } = this.#options;
    const { signal } = this.#stopping;
    logger.warn({ roomId, folder }, 'A recording has no film; it is made of its tracks.');
    try {
      await this.#films.add(async () => await composeFilm?.(folder, signal));
    } catch (err) {
      signal.throwIfAborted();
      logger.error({ err, roomId, folder }, 'A recording stays without a film until the next start.');
    }
  }
}

/** In doubt it is: disks come back. */
async function isThere(folder: string): Promise<boolean> {
  return await stat(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
