import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../../../clock/clock.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Room } from '../../../room/room.ts';
import type { RoomRouter } from '../../../sfu/room-router.ts';
import { SipError } from '../sip-error.ts';
import { addMixerCounts, type MixerCounts } from './mixer-counts.ts';
import type { PhoneMedia } from './phone-media.ts';
import type { PhonePorts } from './telephony-message.ts';
import { TelephonyWorker } from './telephony-worker.ts';

/** Calls that take half of a core: a call with two tracks takes 1.8 % of one in G.711, 2.5 % in Opus. */
const standardCallsPerWorker = 25;

export interface TelephonyWorkersOptions extends PhonePorts {
  /** Maximum number of worker processes. Default: one per core. */
  readonly maxWorkers?: number;
  /** Calls of a worker from which another one is started. */
  readonly callsPerWorker?: number;
  /** Memory of a worker above which it is replaced, in bytes. Default: no limit. */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** The processes that the audio of phones is in. The first is started with the first phone, another one when all are full. */
export class TelephonyWorkers {
  readonly #options: TelephonyWorkersOptions;
  readonly #workers = new Set<TelephonyWorker>();
  #counts: MixerCounts = addMixerCounts([]);
  #closing: Promise<void> | undefined;

  constructor(options: TelephonyWorkersOptions) {
    this.#options = options;
  }

  /** Counts of all workers since the start of the server. */
  get counts(): MixerCounts {
    return this.#counts;
  }

  /** Number of open phones. */
  get calls(): number {
    return [...this.#workers].reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Process ids, for tests that kill them. */
  get pids(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** Opens the audio of a phone in a room. @throws SipError no_port when all ports are in use; closed when the server stops */
  async open(room: Room<RoomRouter>): Promise<PhoneMedia> {
    if (this.#closing) throw new SipError('closed');
    return await this.#workerFor(room).open(room);
  }

  /** Ends all phones and workers. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Phones of one room share a worker while it is not full: its tracks are decoded once then. */
  #workerFor(room: Room<RoomRouter>): TelephonyWorker {
    const { maxWorkers = availableParallelism(), callsPerWorker = standardCallsPerWorker } = this.#options;
    const byCalls = [...this.#workers].toSorted((one, other) => one.calls - other.calls);
    const free = byCalls.filter(({ calls }) => calls < callsPerWorker);
    const best = free.find((worker) => worker.has(room)) ?? free[0];
    if (best) return best;
    const [least] = byCalls;
    return least && byCalls.length >= maxWorkers ? least : this.#start();
  }

  #start(): TelephonyWorker {
    const { clock = systemClock } = this.#options;
    const worker = new TelephonyWorker({ ...this.#options, clock });
    this.#workers.add(worker);
    worker.observer.on('counts', (counts) => {
      this.#counts = addMixerCounts([this.#counts, counts]);
    });
    worker.observer.once('failed', () => this.#workers.delete(worker));
    return worker;
  }

  async #close(): Promise<void> {
    for (const worker of this.#workers) worker.hurry();
    await Promise.all([...this.#workers].map((worker) => worker.close()));
  }
}
