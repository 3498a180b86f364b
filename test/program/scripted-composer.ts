import { EventEmitter, once } from 'node:events';
import type { WorkerLoss } from '../../src/process/worker-process.ts';
import type { FromComposer, ToComposer } from '../../src/program/composer-message.ts';
import type { ComposerLink } from '../../src/program/composer-process.ts';

/** A composer that does nothing but what a test says. */
export class ScriptedComposer implements ComposerLink {
  readonly observer = new EventEmitter<{ message: [FromComposer]; lost: [WorkerLoss]; failed: [Error] }>();
  readonly told: ToComposer[] = [];
  closed = 0;
  /** What comes out while it is being ended. */
  flush: FromComposer[] = [];
  readonly #events = new EventEmitter<{ told: [] }>();

  send(message: ToComposer): void {
    this.told.push(message);
    this.#events.emit('told');
  }

  hurry(): void {}

  async close(): Promise<void> {
    this.closed += 1;
    for (const message of this.flush.splice(0)) this.says(message);
  }

  says(message: FromComposer): void {
    this.observer.emit('message', message);
  }

  /** Waits until it was told so many messages of a type. @returns them */
  async hears<T extends ToComposer['type']>(type: T, count = 1): Promise<Extract<ToComposer, { type: T }>[]> {
    const heard = () => this.told.filter((message) => message.type === type);
    while (heard().length < count) await once(this.#events, 'told');
    return heard() as Extract<ToComposer, { type: T }>[];
  }
}
