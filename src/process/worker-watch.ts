import type { Clock } from '../clock/clock.ts';
import { processMemory } from './process-memory.ts';

/** Why a worker is replaced. The other fields are for the log. */
export type WorkerFault =
  | { readonly reason: 'no response'; readonly silentMs: number }
  | { readonly reason: 'memory'; readonly memoryMb: number; readonly maxMemoryMb: number };

export interface WorkerWatchOptions {
  readonly pid: number;
  /** Maximum memory of the worker and its descendants, in bytes. 0: no limit. */
  readonly maxMemory: number;
  readonly clock: Clock;
  /** Time between two checks, in ms. Default 3000. */
  readonly interval?: number;
  readonly ping: () => void;
  /** Called when a ping was not answered by the next check. */
  readonly onSilent?: () => void;
  /** Called at most once. */
  readonly onFault: (fault: WorkerFault) => void;
}

/** Default interval of checks, in ms. */
const standardInterval = 3000;
/**
 * Checks in a row without a message, 15 s by default, after which a worker counts as dead; a busy one on a slow machine must not. Checks are counted
 * and not time, because a server that was blocked itself has not read the worker's messages.
 */
const maxSilentChecks = 5;
/** The same until the first message: Node.js has to start. */
const maxSilentChecksAtStart = 20;

/** Watches one run of a worker: whether it responds to pings, and how much memory it takes. */
export class WorkerWatch {
  readonly #options: WorkerWatchOptions;
  #cancel: () => void;
  #heardAt: number;
  #heard = false;
  #responded = false;
  #silentChecks = 0;
  #closed = false;

  constructor(options: WorkerWatchOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
    this.#cancel = this.#schedule();
  }

  /** To be called when the worker has sent something. */
  hear(): void {
    this.#heard = true;
    this.#responded = true;
    this.#heardAt = this.#options.clock.monotonic();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #check(): void {
    const { clock, ping, onSilent } = this.#options;
    this.#silentChecks = this.#heard ? 0 : this.#silentChecks + 1;
    this.#heard = false;
    if (this.#silentChecks >= (this.#responded ? maxSilentChecks : maxSilentChecksAtStart)) {
      this.#fail({ reason: 'no response', silentMs: Math.round(clock.monotonic() - this.#heardAt) });
      return;
    }
    if (this.#silentChecks > 0) onSilent?.();
    ping();
    this.#cancel = this.#schedule();
    void this.#checkMemory();
  }

  #schedule(): () => void {
    const { clock, interval = standardInterval } = this.#options;
    return clock.schedule(interval, () => this.#check());
  }

  async #checkMemory(): Promise<void> {
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
