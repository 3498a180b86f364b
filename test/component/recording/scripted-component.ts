import { pino } from 'pino';
import { RunningComponent } from '../../../src/component/running-component.ts';
import { toNtpTime } from '../../../src/media/rtp/rtcp.ts';
import type { Component } from '../../../src/room/component.ts';
import type { Room } from '../../../src/room/room.ts';
import { Track } from '../../../src/room/track.ts';
import type { FeedCodec } from '../../../src/sfu/feed-codec.ts';
import type { RoomRouter } from '../../../src/sfu/room-router.ts';
import type { RtpFeed } from '../../../src/sfu/rtp-feed.ts';
import { monotonicClock } from '../../../workers/composer/monotonic-clock.ts';
import type { Script } from '../../rtp-sender.ts';

/** Ms between two looks at the clock, and between two sender reports. */
const step = 5;
const reportEvery = 500;

/** Plays a script into a feed in real time, again and again. */
class FeedPlayer {
  readonly #feed: RtpFeed;
  #script: Script;
  /** Where the script begins, in ms behind the start. */
  #origin = 0;
  #muted = false;
  readonly #delay: number;
  readonly #startedAt: number;
  #index = 0;
  #sequence = 65_500;
  #nextReport = 0;
  #cancel: () => void = () => undefined;

  /** @param startedAt ms of the clock. @param delay ms that each packet is late */
  constructor(feed: RtpFeed, script: Script, startedAt: number, delay: number) {
    this.#startedAt = startedAt;
    this.#feed = feed;
    this.#script = script;
    this.#delay = delay;
    this.#run();
  }

  close(): void {
    this.#cancel();
  }

  /** Sends nothing while time goes on. */
  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** Goes on with another script of the same clock rate. */
  change(script: Script): void {
    this.#origin = monotonicClock.now() - this.#startedAt - this.#delay;
    this.#script = script;
    this.#index = 0;
  }

  #run(): void {
    const { frames, duration, clockRate } = this.#script;
    const now = monotonicClock.now() - this.#startedAt - this.#delay;
    const timestamp = (time: number) => Math.round((time * clockRate) / 1000) >>> 0;
    for (;;) {
      const frame = frames[this.#index % frames.length];
      const time = this.#origin + Math.floor(this.#index / frames.length) * duration + (frame?.time ?? 0);
      if (!frame || time > now) break;
      this.#index += 1;
      if (this.#muted) continue;
      for (const [index, payload] of frame.payloads.entries()) {
        const marker = index === frame.payloads.length - 1;
        this.#feed.send({ payload, marker, timestamp: timestamp(time), sequenceNumber: this.#sequence & 0xffff });
        this.#sequence += 1;
      }
    }
    if (now >= this.#nextReport) {
      this.#nextReport = now + reportEvery;
      this.#feed.report(toNtpTime(this.#startedAt + now), timestamp(now));
    }
    this.#cancel = monotonicClock.schedule(step, () => this.#run());
  }
}

/** A component that sends scripts: whoever needs tracks in a room, without clients. */
export class ScriptedComponent extends RunningComponent {
  readonly #players = new Map<RtpFeed, FeedPlayer>();

  private constructor(room: Room<RoomRouter>) {
    super('file', { room, logger: pino({ enabled: false }) });
  }

  static async join(room: Room<RoomRouter>): Promise<ScriptedComponent> {
    const component = new ScriptedComponent(room);
    await component.open();
    return component;
  }

  get id(): string {
    return this.component.id;
  }

  override async open(): Promise<Component> {
    return await this.enter();
  }

  properties(): Record<string, unknown> {
    return {};
  }

  /** Tracks that appear together and begin now; each packet may be sent so many ms late. */
  async publish(tracks: readonly (readonly [codec: FeedCodec, script: Script, delay?: number])[]): Promise<RtpFeed[]> {
    const feeds = await Promise.all(tracks.map(([codec]) => this.openFeed(codec)));
    this.announce(feeds);
    const startedAt = monotonicClock.now();
    for (const [index, feed] of feeds.entries()) {
      const [, script, delay = 0] = tracks[index] ?? [];
      if (script) this.#players.set(feed, new FeedPlayer(feed, script, startedAt, delay));
    }
    return feeds;
  }

  /** A shared screen. */
  async share(codec: FeedCodec, script: Script): Promise<RtpFeed> {
    const feed = await this.openFeed(codec);
    const { trackId: id, kind: type } = feed.publication;
    this.room.addTracks(this.component, [new Track({ id, type, metadata: { type: 'screenshare' } })]);
    this.#players.set(feed, new FeedPlayer(feed, script, monotonicClock.now(), 0));
    return feed;
  }

  /** Sends nothing of it while time goes on. */
  mute(feed: RtpFeed): void {
    this.#players.get(feed)?.mute(true);
  }

  unmute(feed: RtpFeed): void {
    this.#players.get(feed)?.mute(false);
  }

  /** Goes on with another script of the same clock rate. */
  change(feed: RtpFeed, script: Script): void {
    this.#players.get(feed)?.change(script);
  }

  unpublish(feed: RtpFeed): void {
    this.#players.get(feed)?.close();
    this.#players.delete(feed);
    this.withdraw(feed);
  }

  protected async stop(): Promise<void> {
    for (const player of this.#players.values()) player.close();
  }
}
