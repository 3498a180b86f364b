import { systemClock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import type { RoomConfig } from '../room/room-config.ts';
import { MediaWorker, type MediaWorkerOptions } from './media-worker.ts';
import type { RoomRouter } from './room-router.ts';

export interface WorkerPoolOptions extends Omit<MediaWorkerOptions, 'serverPort'> {
  /** Number of worker processes; >= 1. */
  readonly count: number;
  /** One UDP and TCP port per worker, from the start of the range, instead of one port per peer. */
  readonly webRtcServer: boolean;
  readonly logger: Logger;
}

/** A room, and the worker on which it is. */
interface Opened {
  readonly worker: MediaWorker;
  readonly router: RoomRouter;
}

/** Time after which a room is tried on another worker, too, in ms. */
const missedAnswer = 1000;
/** Maximum time for a room, in ms: below that of a request, docs/contracts/fishjam-rest.md 1.2. */
const roomTimeout = 4000;
/** Time after which replacing a dead worker is tried again, in ms. */
const retryDelay = 1000;

/** The media workers. When one dies, its rooms are lost and it is replaced. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  /** By index; undefined while a dead worker is being replaced. */
  readonly #workers: (MediaWorker | undefined)[] = [];
  readonly #replacing = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #restarts = 0;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts all workers. Rejects when one does not start. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const slots = Array.from({ length: options.count }, (_, slot) => slot);
    const started = await Promise.allSettled(slots.map((slot) => pool.#startWorker(slot)));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await pool.close();
      throw failed.reason;
    }
    return pool;
  }

  get workers(): MediaWorker[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  /** Number of workers that died and were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Opens a room on the worker with the fewest rooms, or on another one when that does not respond.
   * @throws ShoalError noMediaWorker
   */
  async openRoom(config: RoomConfig, onCrash: () => void): Promise<RoomRouter> {
    const deadline = systemClock.monotonic() + roomTimeout;
    const attempts: Promise<Opened>[] = [];
    let first: Opened | undefined;
    for (const worker of this.#byLoad()) {
      attempts.push(this.#openOn(worker, config, () => first?.worker === worker && onCrash()));
      first = await firstOf(attempts, missedAnswer);
      if (first) break;
      worker.missed();
    }
    first ??= await firstOf(attempts, Math.max(0, deadline - systemClock.monotonic()));
    for (const attempt of attempts) {
      const closeOther = ({ router }: Opened) => router !== first?.router && router.close();
      attempt.then(closeOther, () => undefined);
    }
    if (!first) throw new ShoalError('noMediaWorker');
    return first.router;
  }

  /** To be called when the server stops: from now on the end of a worker is not a crash. */
  expectEnd(): void {
    this.#end.abort();
    for (const worker of this.workers) worker.expectEnd();
  }

  /** Waits until every worker process has ended. Idempotent. */
  async close(): Promise<void> {
    this.expectEnd();
    await Promise.all(this.#replacing);
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  /** The workers that respond, or all when none does (the machine may be busy), those with the fewest rooms first. */
  #byLoad(): MediaWorker[] {
    const responding = this.workers.filter(({ responds }) => responds);
    return (responding.length > 0 ? responding : this.workers).sort((one, other) => one.rooms - other.rooms);
  }

  async #openOn(worker: MediaWorker, { videoCodec }: RoomConfig, onCrash: () => void): Promise<Opened> {
    try {
      return { worker, router: await worker.openRoom(videoCodec, onCrash) };
    } catch (err) {
      this.#options.logger.error({ workerPid: worker.pid, err }, 'A media worker could not open a room.');
      throw err;
    }
  }

  async #startWorker(slot: number): Promise<void> {
    const { address, portRange, webRtcServer, binary, logger } = this.#options;
    const serverPort = webRtcServer ? portRange.min + slot : undefined;
    const worker = await MediaWorker.start({ address, portRange, serverPort, binary, logger });
    this.#workers[slot] = worker;
    worker.onDied((error) => {
      logger.error({ workerPid: worker.pid, err: error }, 'A media worker died; its rooms are lost.');
      this.#workers[slot] = undefined;
      const replacing = this.#replace(slot).finally(() => this.#replacing.delete(replacing));
      this.#replacing.add(replacing);
    });
  }

  /** Until there is a new worker, or the server stops. */
  async #replace(slot: number): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#startWorker(slot);
        this.#restarts += 1;
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.logger.error({ err: error }, 'A media worker could not be replaced; trying again.');
        await pause(systemClock, retryDelay, signal);
      }
    }
  }
}

/** The first of these that succeeds; undefined when all fail or the time is over. @param timeout in ms */
function firstOf<T>(attempts: readonly Promise<T>[], timeout: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const finish = (value?: T) => {
      cancel();
      resolve(value);
    };
    const cancel = systemClock.schedule(timeout, finish);
    Promise.any(attempts).then(finish, () => finish());
  });
}
