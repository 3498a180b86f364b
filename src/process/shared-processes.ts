import { availableParallelism } from 'node:os';

/** A process that does the work of several rooms. */
export interface SharedProcess {
  /** How much it does. */
  readonly load: number;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface SharedProcessesOptions<Process> {
  readonly start: () => Process;
  /** Load from which a process is full. */
  readonly fullLoad: number;
  /** @defaultValue one per core */
  readonly maxProcesses?: number | undefined;
}

/** Processes that share the work of all rooms: the least loaded one gets more, and another one is started while all are full. */
export class SharedProcesses<Process extends SharedProcess> {
  readonly #options: SharedProcessesOptions<Process>;
  readonly #running = new Set<Process>();
  readonly #closing = new Set<Process>();

  constructor(options: SharedProcessesOptions<Process>) {
    this.#options = options;
  }

  /** Those that can get more work. */
  get running(): ReadonlySet<Process> {
    return this.#running;
  }

  /** The process for more work. @param isPreferred if it is not full */
  choose(isPreferred: (process: Process) => boolean = () => true): Process {
    const { start, fullLoad, maxProcesses = availableParallelism() } = this.#options;
    const byLoad = [...this.#running].toSorted((one, other) => one.load - other.load);
    const free = byLoad.filter(({ load }) => load < fullLoad);
    const best = free.find(isPreferred) ?? free[0];
    if (best) return best;
    const [least] = byLoad;
    if (least && byLoad.length >= maxProcesses) return least;
    const process = start();
    this.#running.add(process);
    return process;
  }

  /** To be called when a process has failed: it gets no more work. */
  remove(process: Process): void {
    this.#running.delete(process);
  }

  /** Ends a process. It gets no more work. Idempotent. */
  async retire(process: Process): Promise<void> {
    this.remove(process);
    this.#closing.add(process);
    try {
      await process.close();
    } finally {
      this.#closing.delete(process);
    }
  }

  /** Ends all processes. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#running, ...this.#closing].map((process) => this.retire(process)));
  }
}
