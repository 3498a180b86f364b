import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../log/logger.ts';
import type { PassthroughLimits, ProgramSink } from '../media/sample.ts';
import type { WorkerLoss } from '../process/worker-process.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { FromComposer, ProgramSettings, ProgramStatistics, ProgramTrack, ToComposer } from './composer-message.ts';
import type { ComposerLink } from './composer-process.ts';
import type { OriginFilter } from './origin-filter.ts';
import { addCounts, type ProgramCounts } from './program-counts.ts';
import { ProgramFanout } from './program-fanout.ts';
import { ProgramTimeline } from './program-timeline.ts';
import { programTrack } from './program-track.ts';
import { TrackForwarder } from './track-forwarder.ts';
import { TrackSelection } from './track-selection.ts';

export interface ProgramFeedOptions {
  readonly room: Room<RoomRouter>;
  readonly origins: OriginFilter;
  readonly settings: ProgramSettings;
  readonly startComposer: (logger: Logger) => ComposerLink;
  readonly logger: Logger;
}

/**
 * A composed program of a room: sends tracks to the composer and delivers its output to the sinks. The program starts with the first track
 * and continues until `close()`, with or without tracks.
 */
export class ProgramFeed {
  readonly sinks = new ProgramFanout();
  readonly #options: ProgramFeedOptions;
  readonly #composer: ComposerLink;
  readonly #selection: TrackSelection;
  readonly #forwarder: TrackForwarder<ProgramTrack>;
  readonly #timeline = new ProgramTimeline();
  /** Counts of composers that have ended. */
  #past: ProgramCounts = addCounts([]);
  #statistics: ProgramStatistics | undefined;
  #started = false;
  /** What the composer knows of the sinks. */
  #limits: PassthroughLimits | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ProgramFeedOptions) {
    this.#options = options;
    const { room, origins } = options;
    const logger = options.logger.child({ roomId: room.id });
    this.#forwarder = new TrackForwarder({ media: room.media, send: (message) => this.#send(message), logger });
    this.#composer = options.startComposer(logger);
    this.#composer.observer.on('message', (message) => this.#take(message));
    this.#composer.observer.on('lost', (loss) => this.#lose(loss));
    this.#composer.observer.on('failed', (error) => {
      if (!this.#closing) this.sinks.end(error);
    });
    this.#selection = new TrackSelection(room, origins);
    this.#selection.observer.on('added', (track, endpoint) => {
      this.#forwarder.add(track.id, () => programTrack(endpoint, track));
    });
    this.#selection.observer.on('updated', (track, endpoint) => {
      this.#composer.send({ type: 'updateTrack', track: programTrack(endpoint, track) });
    });
    this.#selection.observer.on('removed', ({ id }) => this.#forwarder.remove(id));
    this.#selection.start();
  }

  get roomId(): string {
    return this.#options.room.id;
  }

  /** Current frames per second. */
  get frameRate(): number {
    return this.#statistics?.frameRate ?? this.#options.settings.frameRate;
  }

  /** Counts of all its composers. */
  get counts(): ProgramCounts {
    return addCounts([this.#past, ...(this.#statistics ? [this.#statistics] : [])]);
  }

  /** Ends the program. Sinks get the rest of the composer's output, then their end. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Shortens the time of the composer to flush: the server stops. */
  hurry(): void {
    this.#composer.hurry();
  }

  /** Adds a sink of the program. */
  attach(sink: ProgramSink): void {
    this.sinks.add(sink);
    this.#limit();
  }

  /** Removes a sink, without a call to it. @returns whether it was there */
  detach(sink: ProgramSink): boolean {
    const removed = this.sinks.remove(sink);
    this.#limit();
    return removed;
  }

  /** Tells the composer what the sinks require of frames that are passed through. */
  #limit(): void {
    const limits = this.sinks.passthrough;
    if (!this.#started || isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#composer.send({ type: 'passthrough', limits: limits ?? null });
  }

  /** Starts a composer with its first track. */
  #send(message: ToComposer): void {
    if (message.type === 'addTrack' && !this.#started) {
      this.#started = true;
      this.#composer.send({ type: 'start', settings: this.#options.settings });
      this.#limits = undefined;
      this.#limit();
    }
    this.#composer.send(message);
  }

  #take(message: FromComposer): void {
    switch (message.type) {
      case 'format': {
        const { format, start } = this.#timeline.format(message.format, message.start);
        return this.sinks.format(format, start);
      }
      case 'sample':
        return this.sinks.sample(this.#timeline.sample(message.sample));
      case 'statistics':
        this.#statistics = message.statistics;
        return;
      case 'passed':
        this.#options.logger.info(
          { roomId: this.roomId, trackId: message.trackId },
          'The video of a room is passed through.',
        );
        return;
      case 'composed':
        this.#options.logger.info(
          { roomId: this.roomId, reason: message.reason },
          'The video of a room is composed again.',
        );
        return;
      case 'ended':
        return;
      default:
        this.#forwarder.take(message);
    }
  }

  /** To be called when the composer has died: the next one starts at the current time. */
  #lose(loss: WorkerLoss): void {
    this.#options.logger.warn(
      { ...loss, roomId: this.roomId },
      'The composer of a room is replaced; its program pauses until the new one has keyframes of the tracks.',
    );
    this.#past = this.counts;
    this.#statistics = undefined;
    this.#started = false;
    this.#timeline.interrupt();
    this.#forwarder.lose();
  }

  async #close(): Promise<void> {
    this.#selection.close();
    this.#forwarder.close();
    await this.#composer.close();
    this.sinks.end(undefined);
  }
}
