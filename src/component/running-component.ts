import { randomBytes, randomUUID } from 'node:crypto';
import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import { Component, type ComponentSource } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import { type Metadata, Track } from '../room/track.ts';
import type { Feed } from '../sfu/feed.ts';
import type { FeedCodec, FeedOptions } from '../sfu/feed-codec.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { RtpFeed } from '../sfu/rtp-feed.ts';
import { UdpFeed } from '../sfu/udp-feed.ts';

export interface RunningComponentOptions {
  readonly room: Room<RoomRouter>;
  readonly logger: Logger;
  /** What participants see of the component. Default: null. */
  readonly metadata?: Metadata;
}

/**
 * The base of all kinds of component. {@link open} starts a component: it joins the room, opens feeds for its tracks and announces them.
 * It ends in one of three ways: by {@link close}, which the room calls; by {@link end}, when it has finished; or by {@link crash}.
 */
export abstract class RunningComponent implements ComponentSource {
  /** The component of the room. */
  readonly component: Component;
  protected readonly room: Room<RoomRouter>;
  /** Adds the ids of room and component to every line. */
  protected readonly logger: Logger;
  readonly #feeds = new Set<Feed>();
  /** Whether its start has been logged. */
  #noted = false;
  #closing: Promise<void> | undefined;

  constructor(type: ComponentType, { room, logger, metadata }: RunningComponentOptions) {
    this.component = new Component(randomUUID(), type, this, metadata);
    this.room = room;
    this.logger = logger.child({ roomId: room.id, componentId: this.component.id });
  }

  abstract properties(): Record<string, unknown>;

  /**
   * Joins the room and starts. Called once. Later failures crash the component.
   * @throws ShoalError when the options are invalid; `roomNotFound` when the room has ended meanwhile. Nothing stays open then
   */
  abstract open(): Promise<Component>;

  /** Closes what the kind owns: sockets, processes, timers. Called once. */
  protected abstract stop(): Promise<void>;

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Joins the room. @throws ShoalError roomNotFound when the room has ended meanwhile; everything is closed then */
  protected async enter(): Promise<Component> {
    if (this.room.closed) {
      await this.close();
      throw new ShoalError('roomNotFound', this.room.id);
    }
    this.room.addComponent(this.component);
    this.#noted = true;
    this.logger.info({ type: this.component.type }, 'A component was created.');
    return this.component;
  }

  /** Called by the room when the component has left it. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /**
   * Opens the feed of a new track, which is not part of the room until {@link announce}.
   * @throws when the room is closed or does not accept the codec
   */
  protected async openFeed(codec: FeedCodec): Promise<RtpFeed> {
    return this.#keep(await RtpFeed.open(this.room.media, this.#newTrack(codec)));
  }

  /** As {@link openFeed}, for media of another process. */
  protected async openUdpFeed(codec: FeedCodec): Promise<UdpFeed> {
    return this.#keep(await UdpFeed.open(this.room.media, this.#newTrack(codec)));
  }

  /** Adds the tracks of feeds to the room. */
  protected announce(feeds: readonly Feed[]): void {
    const tracks = feeds.map(({ publication }) => new Track({ id: publication.trackId, type: publication.kind }));
    this.room.addTracks(this.component, tracks);
  }

  /** Removes a track from the room. Idempotent. */
  protected withdraw(feed: Feed): void {
    this.room.removeTracks(this.component, [feed.publication.trackId]);
    this.#feeds.delete(feed);
    feed.close();
  }

  /** Ends a component that has finished: it leaves the room without a notification. */
  protected end(): void {
    this.#leave(this.room.endComponent(this.component));
  }

  /** Ends a component that has failed: it leaves the room, and backends are notified. */
  protected crash(error: unknown): void {
    if (this.closed) return;
    this.#noted = false;
    this.logger.warn({ err: error }, 'A component crashed.');
    this.#leave(this.room.crashComponent(this.component));
  }

  #newTrack(codec: FeedCodec): FeedOptions {
    return { trackId: trackId(), codec, cname: this.component.id };
  }

  #keep<Kind extends Feed>(feed: Kind): Kind {
    this.#feeds.add(feed);
    if (this.closed) feed.close();
    return feed;
  }

  async #close(): Promise<void> {
    for (const feed of this.#feeds) feed.close();
    await this.stop();
    if (this.#noted) this.logger.info({ type: this.component.type }, 'A component has ended.');
  }

  #leave(leaving: Promise<void>): void {
    leaving.catch((error: unknown) => this.logger.error({ err: error }, 'A component was not closed cleanly.'));
  }
}

/** Ids of component tracks: 16 upper-case hex digits (docs/contracts/fishjam-rest.md 3.3). */
function trackId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
