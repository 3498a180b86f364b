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

/** Time after which replacing a dead worker is tried again, in ms. */
const retryDelay = 1000;

/** The media workers. When one dies, its rooms are lost and it is replaced. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  /** By index; undefined while a dead worker is being replaced. */
  readonly #workers: (MediaWorker | undefined)[] = [];
  #retries = new Set<NodeJS.Timeout>();
  #replacing = new Set<Promise<void>>();
  #restarts = 0;
  #closed = false;

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

  /** Opens a room on the worker with the fewest rooms. Rejects when no worker is alive. */
  async openRoom(config: RoomConfig, onCrash: () => void): Promise<RoomRouter> {
    return await this.#leastLoaded().openRoom(config.videoCodec, onCrash);
  }

  /** To be called when the server stops: from now on the end of a worker is not a crash. */
  expectEnd(): void {
    this.#closed = true;
    for (const worker of this.workers) worker.expectEnd();
  }

  /** Waits until every worker process has ended. Idempotent. */
  async close(): Promise<void> {
    this.expectEnd();
    for (const retry of this.#retries) clearTimeout(retry);
    await Promise.all(this.#replacing);
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  #leastLoaded(): MediaWorker {
    const [first, ...others] = this.workers;
    if (!first) throw new Error('No media worker is alive.');
    return others.reduce((least, worker) => (worker.rooms < least.rooms ? worker : least), first);
  }

  async #startWorker(slot: number): Promise<void> {
    const { address, portRange, webRtcServer, binary, logger } = this.#options;
    const serverPort = webRtcServer ? portRange.min + slot : undefined;
    const worker = await MediaWorker.start({ address, portRange, serverPort, binary });
    this.#workers[slot] = worker;
    worker.onDied((error) => {
      logger.error({ workerPid: worker.pid, err: error }, 'A media worker died; its rooms are lost.');
      this.#workers[slot] = undefined;
      this.#replace(slot);
    });
  }

  #replace(slot: number): void {
    if (this.#closed) return;
    const replacing = this.#startWorker(slot)
      .then(() => {
        this.#restarts += 1;
      })
      .catch((error) => {
        if (this.#closed) return;
        this.#options.logger.error({ err: error }, 'A media worker could not be replaced; trying again.');
        const retry = setTimeout(() => {
          this.#retries.delete(retry);
          this.#replace(slot);
        }, retryDelay);
        this.#retries.add(retry);
      })
      .finally(() => this.#replacing.delete(replacing));
    this.#replacing.add(replacing);
  }
}
