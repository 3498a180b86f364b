import type { Logger } from '../log/logger.ts';
import type { ProgramSink } from '../media/sample.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { ProgramSettings } from './composer-message.ts';
import { type ComposerLink, ComposerProcess } from './composer-process.ts';
import { everyOrigin, type OriginFilter } from './origin-filter.ts';
import { addCounts, type ProgramCounts } from './program-counts.ts';
import { ProgramFeed } from './program-feed.ts';

export interface ProgramFeedsOptions {
  readonly settings: ProgramSettings;
  readonly logger: Logger;
  /** Memory of a composer with its decoders and encoders, in bytes, above which it is replaced. @defaultValue no limit */
  readonly maxMemory?: number;
  /** Starts a composer. @defaultValue a process */
  readonly startComposer?: (logger: Logger) => ComposerLink;
}

/** The attachment of a sink to a program. */
export interface ProgramAttachment {
  /** Detaches the sink. The last one gets the rest of the program and its end, any other its end at once. Idempotent. */
  close(): Promise<void>;
}

/** The composed programs of all rooms. A program runs while it has sinks; all sinks of every track share one. */
export class ProgramFeeds {
  readonly #options: ProgramFeedsOptions;
  readonly #shared = new Map<Room<RoomRouter>, ProgramFeed>();
  readonly #open = new Set<ProgramFeed>();
  /** Counts of programs that have ended. */
  #past: ProgramCounts = addCounts([]);

  constructor(options: ProgramFeedsOptions) {
    this.#options = options;
  }

  /** Current frames per second of each room's program; the lowest when it has several. */
  get frameRates(): readonly { readonly roomId: string; readonly frameRate: number }[] {
    const feeds = [...this.#open].toSorted((one, other) => other.frameRate - one.frameRate);
    return [...new Map(feeds.map(({ roomId, frameRate }) => [roomId, { roomId, frameRate }])).values()];
  }

  /** Counts since the start of the server. */
  get counts(): ProgramCounts {
    return addCounts([this.#past, ...[...this.#open].map(({ counts }) => counts)]);
  }

  /** Attaches a sink to a room's program. @param origins all endpoints, or chosen ones, which get a program of their own */
  attach(room: Room<RoomRouter>, sink: ProgramSink, origins: OriginFilter = everyOrigin): ProgramAttachment {
    const feed = this.#feedFor(room, origins);
    feed.attach(sink);
    let closing: Promise<void> | undefined;
    return {
      close: () => {
        closing ??= this.#detach(room, feed, sink);
        return closing;
      },
    };
  }

  /** Shortens the time that composers have to flush: the server stops. Their sinks end before it has to. */
  hurry(): void {
    for (const feed of this.#open) feed.hurry();
  }

  /** Ends every program. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((feed) => feed.close()));
  }

  #feedFor(room: Room<RoomRouter>, origins: OriginFilter): ProgramFeed {
    const shared = origins === everyOrigin ? this.#shared.get(room) : undefined;
    if (shared) return shared;
    const { settings, logger, maxMemory } = this.#options;
    const { startComposer = (logger) => ComposerProcess.start(logger, maxMemory) } = this.#options;
    const feed = new ProgramFeed({ room, origins, settings, logger, startComposer });
    this.#open.add(feed);
    if (origins === everyOrigin) this.#shared.set(room, feed);
    return feed;
  }

  async #detach(room: Room<RoomRouter>, feed: ProgramFeed, sink: ProgramSink): Promise<void> {
    if (feed.sinks.size > 1) {
      if (feed.detach(sink)) sink.end(undefined);
      return;
    }
    // A sink that is attached now gets a new program.
    if (this.#shared.get(room) === feed) this.#shared.delete(room);
    await feed.close();
    this.#open.delete(feed);
    this.#past = addCounts([this.#past, feed.counts]);
  }
}
