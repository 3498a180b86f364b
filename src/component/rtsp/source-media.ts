import { randomInt } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { OutgoingStream } from '../../media/rtp/outgoing-stream.ts';
import { writePictureLoss, writeReceiverReport, writeSourceDescription } from '../../media/rtp/rtcp.ts';
import type { FeedCodec } from '../../sfu/feed-codec.ts';
import type { RtpFeed } from '../../sfu/rtp-feed.ts';
import type { AudioRelay } from './audio-relay.ts';
import { DecodingWatch, type UndecodableTrack, type WatchedTrack } from './decoding-watch.ts';
import { openAudioRelay } from './open-audio-relay.ts';
import { RtspError } from './rtsp-error.ts';
import type { RtspSession, SessionTrack } from './rtsp-session.ts';
import { parameterSetsOf, type SourceTrack } from './sdp.ts';
import { TrackReceiver, type TrackRelay } from './track-receiver.ts';
import { UdpTransport } from './udp-transport.ts';
import { VideoOutput } from './video-output.ts';
import { VideoRelay } from './video-relay.ts';

/** What the component does for its tracks. */
export interface TrackFeeds {
  open(codec: FeedCodec): Promise<RtpFeed>;
  announce(feeds: readonly RtpFeed[]): void;
  withdraw(feed: RtpFeed): void;
}

export interface SourceMediaOptions {
  readonly feeds: TrackFeeds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the media of this session has failed. */
  readonly onFailure: (error: RtspError) => void;
  /** Called when other tracks of the session than before cannot be decoded. */
  readonly onDecoding: (undecodable: readonly UndecodableTrack[]) => void;
}

/** The tracks of a source in the room. They outlive its sessions. */
export class SourceMedia {
  /** SSRC of our reports to the source. */
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly #options: SourceMediaOptions;
  #video: { readonly feed: RtpFeed; readonly output: VideoOutput } | undefined;
  #audio: { readonly feed: RtpFeed; readonly stream: OutgoingStream } | undefined;
  /** Feeds that the room does not know yet. */
  #unannounced: RtpFeed[] = [];
  #bidirectional = false;
  #receivers = new Map<SourceTrack, TrackReceiver>();
  #relays: TrackRelay[] = [];
  #watched: WatchedTrack[] = [];
  #watch: DecodingWatch | undefined;
  #askSource: (() => void) | undefined;

  constructor(options: SourceMediaOptions) {
    this.#options = options;
  }

  /**
   * Prepares for the packets of a session that is about to play.
   * @throws when the room is closed or ffmpeg is missing
   */
  async begin(session: RtspSession): Promise<void> {
    const kinds = session.tracks.map(({ track }) => track.kind);
    if (kinds.includes('video') !== !!this.#video || kinds.includes('audio') !== !!this.#audio) this.withdraw();
    for (const each of session.tracks) {
      const relay = each.track.kind === 'video' ? await this.#beginVideo(each) : await this.#beginAudio(each.track);
      this.#relays.push(relay);
      this.#receivers.set(each.track, this.#receive(each, relay));
    }
    session.observer.on('rtp', (track, packet) => {
      this.#watch?.received(track.kind);
      this.#receivers.get(track)?.rtp(packet);
    });
    session.observer.on('rtcp', (track, compound) => this.#receivers.get(track)?.rtcp(compound));
  }

  /** To be called when the session plays: announces new tracks, watches all. */
  announce(): void {
    const feeds = this.#unannounced.splice(0);
    if (feeds.length > 0) this.#options.feeds.announce(feeds);
    const { clock, onDecoding: onChange } = this.#options;
    this.#watch = new DecodingWatch({ clock, tracks: this.#watched, onChange });
  }

  /** To be called when the session has ended. The tracks stay. */
  async pause(): Promise<void> {
    this.#askSource = undefined;
    this.#watch?.close();
    this.#watched = [];
    for (const receiver of this.#receivers.values()) receiver.close();
    this.#receivers.clear();
    const relays = this.#relays.splice(0);
    await Promise.all(relays.map((relay) => relay.close()));
  }

  /** Removes the tracks from the room. */
  withdraw(): void {
    this.#video?.output.close();
    for (const feed of [this.#video?.feed, this.#audio?.feed]) if (feed) this.#options.feeds.withdraw(feed);
    this.#video = undefined;
    this.#audio = undefined;
    this.#unannounced = [];
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#video?.output.close();
    await this.pause();
  }

  #receive({ track, transport }: SessionTrack, relay: TrackRelay): TrackReceiver {
    const { clock } = this.#options;
    const description = writeSourceDescription(this.ssrc, `shoal-${this.ssrc}`);
    return new TrackReceiver({
      ...{ relay, clock, clockRate: track.clockRate, reorder: transport instanceof UdpTransport },
      sendReport: (block) => transport.sendRtcp(Buffer.concat([writeReceiverReport(this.ssrc, block), description])),
    });
  }

  async #beginVideo({ track, transport }: SessionTrack): Promise<TrackRelay> {
    this.#video ??= await this.#openVideo();
    const { output } = this.#video;
    output.restart();
    this.#askSource = () => {
      const ssrc = this.#receivers.get(track)?.ssrc;
      if (ssrc !== undefined) transport.sendRtcp(writePictureLoss(this.ssrc, ssrc));
    };
    const relay = new VideoRelay({
      output,
      parameterSets: parameterSetsOf(track),
      bidirectional: this.#bidirectional,
      logger: this.#options.logger,
      clock: this.#options.clock,
      onBidirectional: () => this.#foundBidirectional(),
      onFailure: () => this.#options.onFailure(new RtspError('transcoder_failed')),
    });
    this.#watched.push({ kind: 'video', sent: () => output.written, problem: () => relay.problem });
    return relay;
  }

  async #openVideo() {
    const feed = await this.#openFeed('h264');
    const output = new VideoOutput({
      target: feed,
      clock: this.#options.clock,
      askSource: () => this.#askSource?.(),
    });
    feed.observer.on('keyframeRequest', () => output.requestKeyframe());
    feed.observer.once('closed', () => output.close());
    return { feed, output };
  }

  #foundBidirectional(): void {
    this.#bidirectional = true;
    this.#options.logger.info('The source has B-frames, which browsers do not support: transcoding it.');
  }

  async #beginAudio(track: SourceTrack): Promise<AudioRelay> {
    this.#audio ??= await this.#openAudio();
    const { stream } = this.#audio;
    stream.timeline.restart(track.clockRate);
    this.#watched.push({ kind: 'audio', sent: () => stream.sent, problem: () => `no ${track.codec} frame` });
    return await openAudioRelay(track, stream, this.#options.logger);
  }

  async #openAudio() {
    const feed = await this.#openFeed('opus');
    return { feed, stream: new OutgoingStream(feed, this.#options.clock) };
  }

  async #openFeed(codec: FeedCodec): Promise<RtpFeed> {
    const feed = await this.#options.feeds.open(codec);
    this.#unannounced.push(feed);
    return feed;
  }
}
