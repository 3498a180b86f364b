import { observer } from 'mediasoup';
import type { Worker } from 'mediasoup/types';

/** The media workers that are started from now on, seen past the server: what is left on them when all rooms are gone. */
export class MediaWorkers {
  readonly #workers: Worker[] = [];

  constructor() {
    observer.on('newworker', (worker) => this.#workers.push(worker));
  }

  get pids(): number[] {
    return this.#workers.filter(({ closed }) => !closed).map(({ pid }) => pid);
  }

  /** The process that holds at least one router; undefined while there is none. */
  async pidWithRouter(): Promise<number | undefined> {
    const alive = this.#workers.filter(({ closed }) => !closed);
    const dumps = await Promise.all(alive.map((worker) => worker.dump()));
    return dumps.find(({ routerIds }) => routerIds.length > 0)?.pid;
  }

  /** Ids of the routers that live, as the worker processes say. What a router held is gone with it. */
  async routers(): Promise<string[]> {
    const alive = this.#workers.filter(({ closed }) => !closed);
    const dumps = await Promise.all(alive.map((worker) => worker.dump()));
    return dumps.flatMap(({ routerIds }) => routerIds);
  }

  /** Ids of everything that takes messages: routers, transports, producers, consumers. */
  async parts(): Promise<string[]> {
    const alive = this.#workers.filter(({ closed }) => !closed);
    const dumps = await Promise.all(alive.map((worker) => worker.dump()));
    return dumps.flatMap(({ channelMessageHandlers }) => channelMessageHandlers.channelRequestHandlers);
  }
}
