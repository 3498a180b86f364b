import { type Clock, systemClock } from '../../../clock/clock.ts';
import type { Logger } from '../../../log/logger.ts';
import { SharedProcesses } from '../../../process/shared-processes.ts';
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
  readonly #workers: SharedProcesses<TelephonyWorker>;
  #counts: MixerCounts = addMixerCounts([]);
  #closing: Promise<void> | undefined;

  constructor(options: TelephonyWorkersOptions) {
    this.#options = options;
    const { callsPerWorker: fullLoad = standardCallsPerWorker, maxWorkers: maxProcesses } = options;
    this.#workers = new SharedProcesses({ start: () => this.#start(), fullLoad, maxProcesses });
  }

  /** Counts of all workers since the start of the server. */
  get counts(): MixerCounts {
    return this.#counts;
  }

  /** Number of open phones. */
  get calls(): number {
    return [...this.#workers.running].reduce((sum, { load }) => sum + load, 0);
  }

  /** Process ids, for tests that kill them. */
  get pids(): readonly number[] {
    return [...this.#workers.running].flatMap(({ pid }) => pid ?? []);
  }

  /** Opens the audio of a phone in a room. @throws SipError no_port when all ports are in use; closed when the server stops */
  async open(room: Room<RoomRouter>): Promise<PhoneMedia> {
    if (this.#closing) throw new SipError('closed');
    // Its tracks are decoded once for all its phones then.
    return await this.#workers.choose((worker) => worker.has(room)).open(room);
  }

  /** Ends all phones and workers. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  #start(): TelephonyWorker {
    const { clock = systemClock } = this.#options;
    const worker = new TelephonyWorker({ ...this.#options, clock });
    worker.observer.on('counts', (counts) => {
      this.#counts = addMixerCounts([this.#counts, counts]);
    });
    worker.observer.once('failed', () => this.#workers.remove(worker));
    return worker;
  }

  async #close(): Promise<void> {
    for (const worker of this.#workers.running) worker.hurry();
    await this.#workers.close();
  }
}
