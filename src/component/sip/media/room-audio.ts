import type { Logger } from '../../../log/logger.ts';
import { everyOrigin } from '../../../program/origin-filter.ts';
import { TrackForwarder } from '../../../program/track-forwarder.ts';
import type { FromTrackWorker, ToTrackWorker } from '../../../program/track-message.ts';
import { TrackSelection } from '../../../program/track-selection.ts';
import type { Room } from '../../../room/room.ts';
import type { RoomRouter } from '../../../sfu/room-router.ts';
import type { MixedTrack } from './telephony-message.ts';

export interface RoomAudioOptions {
  readonly room: Room<RoomRouter>;
  readonly send: (message: ToTrackWorker<MixedTrack>) => void;
  readonly logger: Logger;
}

/** Forwards the audio tracks of a room, present and future ones, to a telephony worker. */
export class RoomAudio {
  readonly #selection: TrackSelection;
  readonly #forwarder: TrackForwarder<MixedTrack>;

  constructor({ room, send, logger }: RoomAudioOptions) {
    this.#forwarder = new TrackForwarder({ media: room.media, send, logger });
    this.#selection = new TrackSelection(room, everyOrigin);
    this.#selection.observer.on('added', ({ id, type }) => {
      if (type === 'audio') this.#forwarder.add(id, () => ({ trackId: id }));
    });
    this.#selection.observer.on('removed', ({ id }) => this.#forwarder.remove(id));
    this.#selection.start();
  }

  /** Handles a message of the worker; `ready` when it knows the room. */
  take(message: FromTrackWorker): void {
    this.#forwarder.take(message);
  }

  /** To be called when the worker has died. */
  lose(): void {
    this.#forwarder.lose();
  }

  /** Idempotent. */
  close(): void {
    this.#selection.close();
    this.#forwarder.close();
  }
}
