import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { finishTimeout, type WorkerLoss } from '../../process/worker-process.ts';
import { TrackForwarder } from '../../program/track-forwarder.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type {
  FromTrackRecording,
  RecordedTrack,
  ToTrackRecording,
  TrackRecordingStart,
} from './track-recorder-message.ts';

export interface RecordedRoomOptions extends Omit<TrackRecordingStart, 'timeOrigin'> {
  readonly media: RoomRouter;
  readonly logger: Logger;
}

/** The track recorder of a room. */
export interface RecordedRoomLink {
  readonly start: TrackRecordingStart;
  readonly clock: Clock;
  readonly send: (message: ToTrackRecording) => void;
  /** Called when the files are not completed in time. */
  readonly onTimeout: () => void;
  /** Called once, when the track recorder has no more to do for the room. */
  readonly onClosed: () => void;
}

/**
 * The tracks of a room that a track recorder writes to files without transcoding; mediasoup forwards them to it. When the track recorder
 * dies, another one continues with new files.
 */
export class RecordedRoom {
  /** `complete`: a file is complete. `failed`: writing has failed. */
  readonly observer = new EventEmitter<{ complete: [name: string]; failed: [reason: string] }>();
  readonly #link: RecordedRoomLink;
  readonly #logger: Logger;
  readonly #forwarder: TrackForwarder<RecordedTrack>;
  readonly #closed = Promise.withResolvers<void>();
  /** Whether the current track recorder knows the room. */
  #introduced = false;
  #closing: Promise<void> | undefined;

  constructor({ media, logger }: RecordedRoomOptions, link: RecordedRoomLink) {
    this.#link = link;
    this.#logger = logger;
    this.#forwarder = new TrackForwarder({ media, send: link.send, logger });
  }

  /** Number of tracks. */
  get size(): number {
    return this.#forwarder.size;
  }

  add(track: RecordedTrack): void {
    this.#forwarder.add(track.trackId, () => track);
  }

  /** Removes a track. Unknown ids are ignored. */
  remove(trackId: string): void {
    this.#forwarder.remove(trackId);
  }

  /** To be called when there is a track recorder that does not know the room. */
  introduce(): void {
    if (this.#closing) return;
    this.#introduced = true;
    this.#link.send({ type: 'open', ...this.#link.start });
  }

  /** Handles a message of the track recorder. */
  take(message: FromTrackRecording): void {
    switch (message.type) {
      case 'complete':
        if (!this.#closing) this.observer.emit('complete', message.name);
        return;
      case 'failed':
        return this.fail(message.reason);
      case 'closed':
        return this.#closed.resolve();
      default:
        this.#forwarder.take(message);
    }
  }

  /** To be called when the track recorder has died. @param loss undefined: it was ended */
  lose(loss?: WorkerLoss): void {
    this.#introduced = false;
    this.#forwarder.lose();
    if (this.#closing || !loss) return this.#closed.resolve();
    this.#logger.warn(
      loss,
      'The track recorder of a room is replaced; each track goes on in a new file and lacks what was sent meanwhile.',
    );
  }

  fail(reason: string): void {
    this.observer.emit('failed', reason);
  }

  /** Resolves when all files are complete, or the track recorder has died. Idempotent. */
  close(): Promise<void> {
    this.#forwarder.close();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock, send, onTimeout, onClosed } = this.#link;
    if (this.#introduced) {
      send({ type: 'close' });
      const cancel = clock.schedule(finishTimeout, onTimeout);
      await this.#closed.promise;
      cancel();
    }
    onClosed();
  }
}
