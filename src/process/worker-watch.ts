import type { Clock } from '../clock/clock.ts';
import { processMemory } from './process-memory.ts';

/** Why a worker must be replaced; the other fields are for the log. */
export type WorkerFault =
  | { readonly reason: 'no answer'; readonly silentMs: number }
  | { readonly reason: 'memory'; readonly memoryMb: number; readonly maxMemoryMb: number };

export interface WorkerWatchOptions {
  readonly pid: number;
  /** Bytes that it may hold together with its descendants. 0: any number. */
  readonly maxMemory: number;
  readonly clock: Clock;
  readonly ping: () => void;
  /** Called once. */
  readonly onFault: (fault: WorkerFault) => void;
}

/** Ms between two looks at a worker. */
const interval = 3000;
/**
 * Looks in a row without a sign of life, 15 s: a worker that is busy on a slow machine is not a dead one. Looks are counted instead of
 * time, because a server that was held up itself has not read meanwhile what the worker said.
 */
const maxSilentLooks = 5;
/** The same until the first sign of life: Node.js has to start. */
const maxSilentLooksAtStart = 20;

/** Looks after one run of a worker: whether it answers, and how much memory it holds. */
export class WorkerWatch {
  readonly #options: WorkerWatchOptions;
  #cancel: () => void;
  #heardAt: number;
  #heard = false;
  #answered = false;
  #silentLooks = 0;
  #closed = false;

  constructor(options: WorkerWatchOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
    this.#cancel = options.clock.schedule(interval, () => this.#look());
  }

  /** The worker said something. */
  hear(): void {
    this.#heard = true;
    this.#answered = true;
    this.#heardAt = this.#options.clock.monotonic();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #look(): void {
    const { clock, ping } = this.#options;
    this.#silentLooks = this.#heard ? 0 : this.#silentLooks + 1;
    this.#heard = false;
    if (this.#silentLooks >= (this.#answered ? maxSilentLooks : maxSilentLooksAtStart)) {
      this.#fail({ reason: 'no answer', silentMs: Math.round(clock.monotonic() - this.#heardAt) });
      return;
    }
    ping();
    this.#cancel = clock.schedule(interval, () => this.#look());
    void this.#weigh();
  }

  async #weigh(): Promise<void> {
    const { pid, maxMemory } = this.#options;
    if (maxMemory === 0) return;
    const memory = await processMemory(pid);
    if (memory > maxMemory)
      this.#fail({ reason: 'memory', memoryMb: megabytes(memory), maxMemoryMb: megabytes(maxMemory) });
  }

  #fail(fault: WorkerFault): void {
    if (this.#closed) return;
    this.close();
    this.#options.onFault(fault);
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
