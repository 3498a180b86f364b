import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../log/logger.ts';
import { WorkerProcess } from '../../process/worker-process.ts';
import { TrackForwarder } from '../../program/track-forwarder.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { FromTrackRecorder, RecordedTrack, ToTrackRecorder } from './track-recorder-message.ts';

const program = fileURLToPath(new URL('../../../workers/track-recorder/main.ts', import.meta.url));
/** Milliseconds that the worker has to finish its files. */
const finishTime = 3000;

export interface TrackRecorderOptions {
  readonly media: RoomRouter;
  /** Exists. */
  readonly folder: string;
  /** Id of the room. */
  readonly recordingId: string;
  /** Where the recording's clock begins, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** Bytes that the process may hold before it is replaced. @defaultValue any number */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
}

/**
 * Writes tracks of a room to files as they are, in a process of its own: this side tells it which, and has mediasoup send them there.
 * When the process dies, another one goes on with new files.
 */
export class TrackRecorder {
  /** `complete`: nothing more comes into a file, while others go on. `failed`: nothing can be written any more. */
  readonly observer = new EventEmitter<{ complete: [name: string]; failed: [reason: string] }>();
  readonly #options: TrackRecorderOptions;
  readonly #worker: WorkerProcess<ToTrackRecorder, FromTrackRecorder>;
  readonly #forwarder: TrackForwarder<RecordedTrack>;
  #closing: Promise<void> | undefined;

  constructor(options: TrackRecorderOptions) {
    this.#options = options;
    const { media, logger } = options;
    this.#worker = new WorkerProcess({
      name: 'track recorder',
      program,
      stop: { type: 'stop' },
      finishTime,
      // it finishes its files
      orphanSignal: 'SIGTERM',
      maxMemory: options.maxMemory,
      logger,
    });
    this.#forwarder = new TrackForwarder({ media, send: (message) => this.#worker.send(message), logger });
    this.#worker.observer.on('message', (message) => this.#take(message));
    this.#worker.observer.on('lost', (loss) => {
      logger.warn(
        loss,
        'The track recorder of a room is replaced; each track goes on in a new file and lacks what was sent meanwhile.',
      );
      this.#forwarder.lose();
    });
    this.#worker.observer.on('failed', (error) => this.observer.emit('failed', error.message));
  }

  /** For tests that kill it. */
  get workerPid(): number | undefined {
    return this.#worker.pid;
  }

  add(track: RecordedTrack): void {
    this.#forwarder.add(track.trackId, () => track);
  }

  /** Unknown ids are ignored. */
  remove(trackId: string): void {
    this.#forwarder.remove(trackId);
  }

  /** Resolves when all files are finished. Idempotent. */
  close(): Promise<void> {
    this.#forwarder.close();
    this.#closing ??= this.#worker.close();
    return this.#closing;
  }

  #take(message: FromTrackRecorder): void {
    const { folder, recordingId, startedAt } = this.#options;
    switch (message.type) {
      case 'complete':
        if (!this.#closing) this.observer.emit('complete', message.name);
        return;
      case 'failed':
        this.observer.emit('failed', message.reason);
        return;
      case 'ended':
        return;
      case 'ready':
        if (!this.#closing) this.#worker.send({ type: 'start', folder, recordingId, startedAt });
    }
    this.#forwarder.take(message);
  }
}
