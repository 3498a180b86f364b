import { EventEmitter, once } from 'node:events';
import type { FromMediaWorker, ToMediaWorker } from '../../src/program/composer-message.ts';
import type { MediaWorkerLink } from '../../src/program/composer-process.ts';

/** A media worker that does nothing but what a test says. */
export class ScriptedWorker implements MediaWorkerLink {
  readonly observer = new EventEmitter<{ message: [FromMediaWorker]; lost: []; failed: [Error] }>();
  readonly told: ToMediaWorker[] = [];
  closed = 0;
  /** What comes out while it is being ended. */
  flush: FromMediaWorker[] = [];
  readonly #events = new EventEmitter<{ told: [] }>();

  send(message: ToMediaWorker): void {
    this.told.push(message);
    this.#events.emit('told');
  }

  async close(): Promise<void> {
    this.closed += 1;
    for (const message of this.flush.splice(0)) this.says(message);
  }

  says(message: FromMediaWorker): void {
    this.observer.emit('message', message);
  }

  /** Waits until it was told so many messages of a type. @returns them */
  async hears<T extends ToMediaWorker['type']>(type: T, count = 1): Promise<Extract<ToMediaWorker, { type: T }>[]> {
    const heard = () => this.told.filter((message) => message.type === type);
    while (heard().length < count) await once(this.#events, 'told');
    return heard() as Extract<ToMediaWorker, { type: T }>[];
  }
}
