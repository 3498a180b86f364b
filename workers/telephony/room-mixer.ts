import type { Clock } from '../../src/clock/clock.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import { Mix, MixListener } from './mix.ts';
import type { MixerMeter } from './mixer-meter.ts';
import type { Phone } from './phone.ts';
import { Ticker, tickTime } from './ticker.ts';
import { type MixRate, TrackAudio, type TrackAudioOptions } from './track-audio.ts';

/** Maximum number of tracks in a mix; see {@link Mix}. */
const maxTracks = 500;

/** What the mixer needs of a phone. */
export type MixedPhone = Pick<Phone, 'rate' | 'play' | 'skip'>;

type RoomTrack = Pick<TrackAudio, 'listen' | 'use' | 'pull' | 'close'>;

interface Listener {
  readonly phone: MixedPhone;
  /** Id of the track that this phone sends. */
  trackId: string | undefined;
  hearing: MixListener | undefined;
  failed: boolean;
}

export interface RoomMixerOptions {
  readonly clock: Clock;
  readonly meter: MixerMeter;
  /** Called when a phone could not take the mix, once for each: the others get it. */
  readonly onError: (error: unknown) => void;
  /** @defaultValue one that receives on a UDP port */
  readonly openTrack?: (options: TrackAudioOptions) => RoomTrack;
}

/** Mixes the audio tracks of a room for its phones: each hears all but its own. */
export class RoomMixer {
  readonly #options: RoomMixerOptions;
  readonly #ticker: Ticker;
  readonly #tracks = new Map<string, RoomTrack>();
  /** Removed tracks, which fade out in the next tick. */
  readonly #leaving = new Map<RoomTrack, string>();
  readonly #listeners = new Map<MixedPhone, Listener>();
  /** Phones by the tracks that they send. */
  readonly #senders = new Map<string, Listener>();

  constructor(options: RoomMixerOptions) {
    this.#options = options;
    const { clock, meter } = options;
    this.#ticker = new Ticker({
      clock,
      onTick: (due) => this.#tick(due),
      onLateness: (lateness) => meter.tick(lateness),
      onSkipped: (count) => this.#skip(count),
    });
  }

  /** Adds a track. @returns its port on 127.0.0.1; undefined when it is known already, or there are too many */
  async addTrack(trackId: string, stream: ForwardedStream): Promise<number | undefined> {
    if (this.#tracks.has(trackId) || this.#tracks.size >= maxTracks) return undefined;
    const { clock, meter, openTrack = (options) => new TrackAudio(options) } = this.#options;
    const onUndecodable = () => meter.undecodable();
    const onConcealed = () => meter.concealed();
    const track = openTrack({ stream, clock, onUndecodable, onConcealed });
    this.#tracks.set(trackId, track);
    return await track.listen();
  }

  /** Removes a track. Unknown ids are ignored. */
  removeTrack(trackId: string): void {
    const track = this.#tracks.get(trackId);
    this.#tracks.delete(trackId);
    if (track) this.#leaving.set(track, trackId);
  }

  addPhone(phone: MixedPhone): void {
    this.#listeners.set(phone, { phone, trackId: undefined, hearing: undefined, failed: false });
  }

  /** The phone sends this track, and does not hear it. */
  setTrack(phone: MixedPhone, trackId: string): void {
    const listener = this.#listeners.get(phone);
    if (!listener) return;
    listener.trackId = trackId;
    this.#senders.set(trackId, listener);
  }

  removePhone(phone: MixedPhone): void {
    const trackId = this.#listeners.get(phone)?.trackId;
    if (trackId !== undefined) this.#senders.delete(trackId);
    this.#listeners.delete(phone);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#ticker.close();
    this.#listeners.clear();
    const tracks = [...this.#tracks.values(), ...this.#leaving.keys()];
    this.#tracks.clear();
    this.#leaving.clear();
    await Promise.all(tracks.map((track) => track.close()));
  }

  #tick(due: number): void {
    const rates = this.#rates();
    const listening = new Set(rates.keys());
    for (const [trackId, track] of this.#tracks) track.use(this.#ratesOf(trackId, rates, listening));
    for (const rate of listening) this.#mix(rate, due);
    for (const track of this.#leaving.keys()) void track.close();
    this.#leaving.clear();
  }

  #skip(ticks: number): void {
    this.#options.meter.skipped(ticks);
    for (const { phone } of this.#listeners.values()) phone.skip(ticks);
  }

  /** The rates in use, and how many phones have each. */
  #rates(): Map<MixRate, number> {
    const counts = new Map<MixRate, number>();
    for (const { phone } of this.#listeners.values()) {
      if (phone.rate) counts.set(phone.rate, (counts.get(phone.rate) ?? 0) + 1);
    }
    return counts;
  }

  /** The rates at which somebody hears a track: a phone does not hear its own. */
  #ratesOf(trackId: string, rates: ReadonlyMap<MixRate, number>, all: ReadonlySet<MixRate>): ReadonlySet<MixRate> {
    const own = this.#senders.get(trackId)?.phone.rate;
    if (!own || rates.get(own) !== 1) return all;
    return new Set([...all].filter((rate) => rate !== own));
  }

  #mix(rate: MixRate, due: number): void {
    const mix = new Mix((rate * tickTime) / 1000);
    const own = new Map<Listener, Int16Array>();
    const add = (trackId: string, frame: Int16Array | undefined) => {
      if (!frame) return;
      mix.add(frame);
      const sender = this.#senders.get(trackId);
      if (sender) own.set(sender, frame);
    };
    for (const [trackId, track] of this.#tracks) add(trackId, track.pull(rate, due));
    for (const [track, trackId] of this.#leaving) add(trackId, fadedOut(track.pull(rate, due)));
    for (const listener of this.#listeners.values()) {
      if (listener.phone.rate === rate) this.#play(listener, rate, mix, own.get(listener));
    }
  }

  #play(listener: Listener, rate: MixRate, mix: Mix, own: Int16Array | undefined): void {
    if (listener.hearing?.rate !== rate) listener.hearing = new MixListener(rate);
    try {
      listener.phone.play(listener.hearing.hear(mix, own));
    } catch (error) {
      if (!listener.failed) this.#options.onError(error);
      listener.failed = true;
    }
  }
}

function fadedOut(frame: Int16Array | undefined): Int16Array | undefined {
  return frame?.map((sample, index) => Math.round(sample * (1 - index / frame.length)));
}
