import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Clock, timeOriginOf } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { WorkerProcess } from '../../process/worker-process.ts';
import { RecordedRoom, type RecordedRoomOptions } from './recorded-room.ts';
import type { FromTrackRecorder, ToTrackRecorder } from './track-recorder-message.ts';

const program = fileURLToPath(new URL('../../../workers/track-recorder/main.ts', import.meta.url));

export interface TrackRecorderOptions {
  /** Memory of the process above which it is replaced, in bytes. @defaultValue no limit */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A process that records rooms. One that is lost is replaced, and gets its rooms again. */
export class TrackRecorder {
  /** `unused`: it has no room any more. `failed`: it cannot be started. */
  readonly observer = new EventEmitter<{ unused: []; failed: [] }>();
  readonly #clock: Clock;
  readonly #worker: WorkerProcess<ToTrackRecorder, FromTrackRecorder>;
  readonly #rooms = new Map<number, RecordedRoom>();
  #numbers = 0;
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor({ maxMemory, logger, clock }: TrackRecorderOptions) {
    this.#clock = clock;
    this.#worker = new WorkerProcess({
      ...{ name: 'track recorder', program, stop: { type: 'stop' }, maxMemory, logger, clock },
      // the process completes its files after the signal
      orphanSignal: 'SIGTERM',
    });
    this.#worker.observer.on('message', (message) => this.#take(message));
    this.#worker.observer.on('lost', (loss) => {
      this.#ready = false;
      for (const room of this.#rooms.values()) room.lose(loss);
    });
    this.#worker.observer.on('failed', ({ message }) => {
      this.observer.emit('failed');
      for (const room of this.#rooms.values()) room.fail(message);
    });
  }

  /** For tests that kill it. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** Number of rooms and of their tracks. */
  get load(): number {
    return [...this.#rooms.values()].reduce((sum, { size }) => sum + 1 + size, 0);
  }

  /** Begins to record a room. */
  open(options: RecordedRoomOptions): RecordedRoom {
    this.#numbers += 1;
    const recording = this.#numbers;
    const { folder, recordingId, startedAt } = options;
    const room = new RecordedRoom(options, {
      start: { folder, recordingId, startedAt, timeOrigin: timeOriginOf(this.#clock) },
      clock: this.#clock,
      send: (message) => this.#worker.send({ type: 'recording', recording, message }),
      onTimeout: () => this.#worker.replace(),
      onClosed: () => this.#remove(recording),
    });
    this.#rooms.set(recording, room);
    if (this.#ready) room.introduce();
    return room;
  }

  /** Completes all files. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #take(message: FromTrackRecorder): void {
    if (message.type === 'recording') this.#rooms.get(message.recording)?.take(message.message);
    if (message.type !== 'ready' || this.#closing) return;
    this.#ready = true;
    for (const room of this.#rooms.values()) room.introduce();
  }

  #remove(recording: number): void {
    if (this.#rooms.delete(recording) && this.#rooms.size === 0) this.observer.emit('unused');
  }

  async #close(): Promise<void> {
    await this.#worker.close();
    for (const room of this.#rooms.values()) room.lose();
  }
}
