import type { Input } from 'mediabunny';
import type { Clock } from '../../clock/clock.ts';
import type { Component } from '../../room/component.ts';
import type { RtpFeed } from '../../sfu/rtp-feed.ts';
import { RunningComponent, type RunningComponentOptions } from '../running-component.ts';
import { openContainer } from './container.ts';
import { containerTracks } from './container-tracks.ts';
import { FilePlayer, type PlayedTrack } from './file-player.ts';
import type { FrameTrack } from './frame.ts';
import { h264Track, timedPictures } from './h264-frames.ts';
import type { SourceFile } from './source-file.ts';
import { TrackSender } from './track-sender.ts';

/** Bytes of raw H264 that are read at once. */
const chunkLength = 64 * 1024;
/** Within which a container must say what it holds, in ms: whoever added it waits, five seconds at most. */
const patience = 4000;

export interface FileComponentOptions extends RunningComponentOptions {
  /** As the request gave it. */
  readonly filePath: string;
  /** Becomes the component's own. */
  readonly file: SourceFile;
  readonly clock: Clock;
}

/** Plays one file into a room, in real time, once; then it leaves the room without a word. */
export class FileComponent extends RunningComponent {
  readonly #filePath: string;
  readonly #file: SourceFile;
  readonly #clock: Clock;
  readonly #player: FilePlayer;
  readonly #senders: TrackSender[] = [];
  readonly #stopping = new AbortController();
  #input: Input | undefined;
  #playing: Promise<void> = Promise.resolve();

  constructor(options: FileComponentOptions) {
    super('file', options);
    this.#filePath = options.filePath;
    this.#file = options.file;
    this.#clock = options.clock;
    this.#player = new FilePlayer(options.clock);
  }

  properties(): Record<string, unknown> {
    return { filePath: this.#filePath, framerate: this.#file.framerate };
  }

  /**
   * Joins the room with its tracks: they are announced when this resolves. What the file then turns out to be wrong with crashes the
   * component.
   * @throws ShoalError roomNotFound; nothing stays open then
   */
  async start(): Promise<Component> {
    let tracks: FrameTrack[] = [];
    let feeds: RtpFeed[] = [];
    let failure: { readonly cause: unknown } | undefined;
    try {
      // What these two formats hold is known beforehand, so their tracks are there even if the file is not worth it.
      feeds = await this.#openFeeds(this.#expectedCodecs());
      if (feeds.length === 0) {
        tracks = await this.#readTracks();
        feeds = await this.#openFeeds(tracks.map(({ codec }) => codec));
      }
    } catch (cause) {
      failure = { cause };
    }
    const component = await this.enter();
    this.announce(feeds);
    if (failure) this.crash(failure.cause);
    else this.#playing = this.#play(tracks, feeds);
    return component;
  }

  protected async stop(): Promise<void> {
    this.#player.close();
    this.#stopping.abort();
    for (const sender of this.#senders) sender.close();
    await this.#playing;
    this.#input?.dispose();
    await this.#file.handle.close();
  }

  async #openFeeds(codecs: readonly FrameTrack['codec'][]): Promise<RtpFeed[]> {
    return await Promise.all(codecs.map((codec) => this.openFeed(codec)));
  }

  #expectedCodecs(): FrameTrack['codec'][] {
    if (this.#file.format === '.h264') return [this.#videoCodec()];
    return this.#file.format === '.ogg' ? ['opus'] : [];
  }

  /** What H264 is played as. */
  #videoCodec(): 'h264' | 'vp8' {
    return this.room.config.videoCodec ?? 'h264';
  }

  async #readTracks(): Promise<FrameTrack[]> {
    const { logger, room } = this;
    const playback = { logger, signal: this.#stopping.signal };
    const { handle, format, framerate } = this.#file;
    if (format === '.h264') {
      const pictures = timedPictures(chunksOf(handle, playback.signal), framerate ?? Number.NaN);
      return [await h264Track(pictures, { ...playback, codec: this.#videoCodec() })];
    }
    this.#input = openContainer(this.#file, format, playback.signal);
    const giveUp = () => this.#stopping.abort(new RangeError('The file does not say soon enough what it holds.'));
    const cancel = this.#clock.schedule(patience, giveUp);
    try {
      return await containerTracks(this.#input, { ...playback, videoCodec: room.config.videoCodec });
    } finally {
      cancel();
    }
  }

  async #play(tracks: readonly FrameTrack[], feeds: readonly RtpFeed[]): Promise<void> {
    try {
      const read = tracks.length > 0 ? tracks : await this.#readTracks();
      await this.#player.play(feeds.map((feed, index) => this.#playedTrack(feed, read[index])));
      if (!this.closed) this.end();
    } catch (error) {
      this.crash(error);
    }
  }

  /** @throws RangeError when the file does not hold what its name says */
  #playedTrack(feed: RtpFeed, track: FrameTrack | undefined): PlayedTrack {
    const { kind } = feed.publication;
    if (!track || (track.codec === 'opus') !== (kind === 'audio')) throw new RangeError(`The file holds no ${kind}.`);
    const sender = new TrackSender({ feed, clock: this.#clock });
    this.#senders.push(sender);
    return { frames: track.frames, sender };
  }
}

/** @param signal ends it: much can be read before there is anything to play */
async function* chunksOf(handle: SourceFile['handle'], signal: AbortSignal): AsyncGenerator<Buffer> {
  while (!signal.aborted) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkLength), 0, chunkLength, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
