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
  /** Bytes that each composer may hold, with its decoders and encoders, before it is replaced. @defaultValue any number */
  readonly maxMemory?: number;
  /** @defaultValue a process of its own */
  readonly startComposer?: (logger: Logger) => ComposerLink;
}

/** A sink's place at a feed. */
export interface ProgramAttachment {
  /** The sink gets what is still on its way and its end, when it was the last one; otherwise its end at once. Idempotent. */
  close(): Promise<void>;
}

/** The composed programs of all rooms: each is made as long as somebody uses it, once for all who want every track. */
export class ProgramFeeds {
  readonly #options: ProgramFeedsOptions;
  readonly #shared = new Map<Room<RoomRouter>, ProgramFeed>();
  readonly #open = new Set<ProgramFeed>();
  /** Of those that have ended. */
  #past: ProgramCounts = addCounts([]);

  constructor(options: ProgramFeedsOptions) {
    this.#options = options;
  }

  /** Frames per second of each room's program at present; of several, the lowest. */
  get frameRates(): readonly { readonly roomId: string; readonly frameRate: number }[] {
    const feeds = [...this.#open].toSorted((one, other) => other.frameRate - one.frameRate);
    return [...new Map(feeds.map(({ roomId, frameRate }) => [roomId, { roomId, frameRate }])).values()];
  }

  /** Since the start of the server. */
  get counts(): ProgramCounts {
    return addCounts([this.#past, ...[...this.#open].map(({ counts }) => counts)]);
  }

  /** @param origins every track of the room, or a feed of its own for chosen ones */
  attach(room: Room<RoomRouter>, sink: ProgramSink, origins: OriginFilter = everyOrigin): ProgramAttachment {
    const feed = this.#feedFor(room, origins);
    feed.add(sink);
    let closing: Promise<void> | undefined;
    return {
      close: () => {
        closing ??= this.#detach(room, feed, sink);
        return closing;
      },
    };
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
    if (feed.sinks > 1) {
      if (feed.remove(sink)) sink.end(undefined);
      return;
    }
    // Whoever comes now gets a new one.
    if (this.#shared.get(room) === feed) this.#shared.delete(room);
    await feed.close();
    this.#open.delete(feed);
    this.#past = addCounts([this.#past, feed.counts]);
  }
}
