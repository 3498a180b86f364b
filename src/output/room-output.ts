import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { AttachedOutput } from './attached-output.ts';
import type { ProgramOutput } from './program-output.ts';

/** `starting` until the first data has arrived; `finished` and `failed` are final. */
export type OutputState = 'starting' | 'running' | 'finished' | 'failed';

/** Description of an output, without secrets. */
export interface OutputDescription {
  readonly type: 'file' | 'rtmp';
  /** Path of the file relative to the resources folder, or the RTMP URL without its secrets. */
  readonly target: string;
  /** Whether the room's webhook is notified of changes. */
  readonly notify: boolean;
}

/** An output of a room that a user of the API has requested. */
export class RoomOutput {
  readonly id = randomUUID();
  readonly description: OutputDescription;
  readonly observer = new EventEmitter<{ changed: [] }>();
  #state: OutputState = 'starting';
  #error: string | null = null;
  readonly #output: AttachedOutput;
  #closing: Promise<void> | undefined;

  constructor(
    description: OutputDescription,
    room: Room<RoomRouter>,
    feeds: Pick<ProgramFeeds, 'attach'>,
    output: ProgramOutput,
  ) {
    this.description = description;
    this.#output = new AttachedOutput({ feeds, room, output });
    this.#output.observer.once('running', () => this.#change('running', null));
    this.#output.observer.once('failed', ({ message }) => void this.#end('failed', message));
  }

  get state(): OutputState {
    return this.#state;
  }

  /** Reason of the failure, without secrets. */
  get error(): string | null {
    return this.#error;
  }

  /** Ends the output. Resolves when it is complete. Idempotent. */
  async close(): Promise<void> {
    await this.#end('finished', null);
  }

  #end(state: OutputState, error: string | null): Promise<void> {
    this.#closing ??= this.#close(state, error);
    return this.#closing;
  }

  async #close(state: OutputState, error: string | null): Promise<void> {
    if (error !== null) this.#change(state, error);
    await this.#output.close();
    if (error === null) this.#change(state, null);
  }

  #change(state: OutputState, error: string | null): void {
    if (this.#state === 'finished' || this.#state === 'failed') return;
    this.#state = state;
    this.#error = error;
    this.observer.emit('changed');
  }
}
