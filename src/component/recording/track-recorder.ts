import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../log/logger.ts';
import { WorkerProcess } from '../../process/worker-process.ts';
import { TrackForwarder } from '../../program/track-forwarder.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { FromTrackRecorder, RecordedTrack, ToTrackRecorder } from './track-recorder-message.ts';

const program = fileURLToPath(new URL('../../../workers/track-recorder/main.ts', import.meta.url));

export interface TrackRecorderOptions {
  readonly media: RoomRouter;
  /** Existing folder for the files. */
  readonly folder: string;
  /** Id of the room. */
  readonly recordingId: string;
  /** Origin of the recording's clock, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** Memory of the process above which it is replaced, in bytes. @defaultValue no limit */
  readonly maxMemory?: number | undefined;
  readonly logger: Logger;
}

/**
 * Writes tracks of a room to files without transcoding, in a process of its own, to which mediasoup forwards them. When the process dies,
 * another one continues with new files.
 */
export class TrackRecorder {
  /** `complete`: a file is complete. `failed`: writing has failed. */
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
      // the process completes its files after the signal
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

  /** Removes a track. Unknown ids are ignored. */
  remove(trackId: string): void {
    this.#forwarder.remove(trackId);
  }

  /** Resolves when all files are complete. Idempotent. */
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
