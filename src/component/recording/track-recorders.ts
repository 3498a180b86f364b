import { SharedProcesses } from '../../process/shared-processes.ts';
import type { RecordedRoom, RecordedRoomOptions } from './recorded-room.ts';
import { TrackRecorder, type TrackRecorderOptions } from './track-recorder.ts';

/** Rooms and tracks that take a fifth of a core and less memory than a process of their own would: rooms grow, and cannot move. */
const standardLoad = 40;

export interface TrackRecordersOptions extends TrackRecorderOptions {
  /** Rooms and tracks of a process from which another one is started. */
  readonly fullLoad?: number;
  /** Maximum number of processes. @defaultValue one per core */
  readonly maxProcesses?: number;
}

/** The track recorders of all rooms. A process ends with its last room. */
export class TrackRecorders {
  readonly #processes: SharedProcesses<TrackRecorder>;
  #closed = false;

  constructor({ fullLoad = standardLoad, maxProcesses, ...options }: TrackRecordersOptions) {
    this.#processes = new SharedProcesses({ start: () => this.#start(options), fullLoad, maxProcesses });
  }

  /** Process ids, for tests that kill them. */
  get pids(): readonly number[] {
    return [...this.#processes.running].flatMap(({ pid }) => pid ?? []);
  }

  /** Begins to record a room. @throws when it is closed */
  open(options: RecordedRoomOptions): RecordedRoom {
    if (this.#closed) throw new Error('The server stops.');
    return this.#processes.choose().open(options);
  }

  /** Completes all files and ends all processes. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#processes.close();
  }

  #start(options: TrackRecorderOptions): TrackRecorder {
    const recorder = new TrackRecorder(options);
    recorder.observer.once('failed', () => this.#processes.remove(recorder));
    recorder.observer.on('unused', () => void this.#processes.retire(recorder));
    return recorder;
  }
}
