import type { Clock } from '../../clock/clock.ts';
import type { Component } from '../../room/component.ts';
import type { RtpFeed } from '../../sfu/rtp-feed.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import { Container } from './container.ts';
import { containerTracks } from './container-tracks.ts';
import { untilDamaged } from './damaged-file.ts';
import type { FrameTrack } from './frame.ts';
import { h264Track, timedFrames } from './h264-frames.ts';
import { oggFrames } from './ogg-frames.ts';
import type { FileOptions, FileProperties } from './options.ts';
import { type PlayedTrack, playTracks } from './play-tracks.ts';
import type { SourceFile } from './source-file.ts';
import { TrackSender } from './track-sender.ts';

/** Number of bytes of raw H264 or Ogg that are read at once. */
const chunkLength = 64 * 1024;
/** Timeout of reading the headers of a container, in ms. The request that added it waits with a timeout of five seconds. */
const headerTimeout = 4000;

export interface FileDependencies {
  /** Opens the file. @throws ShoalError when it must not or cannot be played */
  readonly openSource: (options: FileOptions) => Promise<SourceFile>;
  readonly clock: Clock;
}

/** Plays a file into a room once, in real time, and then leaves the room without a notification. */
export class FileComponent extends RunningComponent {
  readonly #options: FileOptions;
  readonly #dependencies: FileDependencies;
  readonly #senders: TrackSender[] = [];
  readonly #stopping = new AbortController();
  #source: SourceFile | undefined;
  #container: Container | undefined;
  #playing: Promise<void> = Promise.resolve();

  constructor(base: RunningComponentOptions, options: FileOptions, dependencies: FileDependencies) {
    super('file', base);
    this.#options = options;
    this.#dependencies = dependencies;
  }

  properties(): FileProperties {
    return { filePath: this.#options.filePath, framerate: this.#source?.framerate ?? null };
  }

  /** Opens the file. The tracks have been announced when this resolves. */
  override async open(): Promise<Component> {
    const source = await this.#dependencies.openSource(this.#options);
    this.#source = source;
    let tracks: FrameTrack[] = [];
    let feeds: RtpFeed[] = [];
    let failure: { readonly cause: unknown } | undefined;
    try {
      // The tracks of these two formats are known, so they are announced even if the file is invalid.
      feeds = await this.#openFeeds(this.#expectedCodecs(source));
      if (feeds.length === 0) {
        tracks = await this.#readTracks(source);
        feeds = await this.#openFeeds(tracks.map(({ codec }) => codec));
      }
    } catch (cause) {
      failure = { cause };
    }
    const component = await this.enter();
    this.announce(feeds);
    if (failure) this.crash(failure.cause);
    else this.#playing = this.#play(source, tracks, feeds);
    return component;
  }

  protected async stop(): Promise<void> {
    this.#stopping.abort();
    for (const sender of this.#senders) sender.close();
    await this.#playing;
    this.#container?.close();
    await this.#source?.handle.close();
  }

  async #openFeeds(codecs: readonly FrameTrack['codec'][]): Promise<RtpFeed[]> {
    return await Promise.all(codecs.map((codec) => this.openFeed(codec)));
  }

  #expectedCodecs({ format }: SourceFile): FrameTrack['codec'][] {
    if (format === '.h264') return [this.#videoCodec()];
    return format === '.ogg' ? ['opus'] : [];
  }

  /** The codec that H264 is sent as. */
  #videoCodec(): 'h264' | 'vp8' {
    return this.room.config.videoCodec ?? 'h264';
  }

  async #readTracks(source: SourceFile): Promise<FrameTrack[]> {
    const { logger, room } = this;
    const playback = { logger, signal: this.#stopping.signal };
    const { handle, format, framerate } = source;
    if (format === '.h264') {
      const frames = timedFrames(chunksOf(handle, playback.signal), framerate ?? Number.NaN);
      return [await h264Track(frames, { ...playback, codec: this.#videoCodec() })];
    }
    if (format === '.ogg') return [{ codec: 'opus', frames: oggFrames(chunksOf(handle, playback.signal), playback) }];
    this.#container = new Container(source, format, playback.signal);
    const abort = () => this.#stopping.abort(new RangeError('Timeout while reading the headers of the file.'));
    const cancel = this.#dependencies.clock.schedule(headerTimeout, abort);
    try {
      return await containerTracks(this.#container, { ...playback, videoCodec: room.config.videoCodec });
    } finally {
      cancel();
    }
  }

  async #play(source: SourceFile, tracks: readonly FrameTrack[], feeds: readonly RtpFeed[]): Promise<void> {
    try {
      const read = tracks.length > 0 ? tracks : await this.#readTracks(source);
      const played = feeds.map((feed, index) => this.#playedTrack(feed, read[index]));
      await playTracks(played, this.#dependencies.clock, this.#stopping.signal);
      if (!this.closed) this.end();
    } catch (error) {
      this.crash(error);
    }
  }

  /** @throws RangeError when the file has no track of this kind */
  #playedTrack(feed: RtpFeed, track: FrameTrack | undefined): PlayedTrack {
    const { kind } = feed.publication;
    if (!track || (track.codec === 'opus') !== (kind === 'audio')) throw new RangeError(`The file has no ${kind}.`);
    const sender = new TrackSender(feed, this.#dependencies.clock);
    this.#senders.push(sender);
    return { frames: untilDamaged(track.frames, this.logger), sender };
  }
}

/** @param signal ends the stream: much may be read before there is anything to play */
async function* chunksOf(handle: SourceFile['handle'], signal: AbortSignal): AsyncGenerator<Buffer> {
  while (!signal.aborted) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkLength), 0, chunkLength, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
