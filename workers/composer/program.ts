import type { Clock } from '../../src/clock/clock.ts';
import { Limiter } from '../../src/media/limiter.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import type { PassthroughLimits } from '../../src/media/sample.ts';
import type { Size } from '../../src/media/size.ts';
import type {
  FromComposer,
  ProgramSettings,
  ProgramStatistics,
  ProgramTrack,
} from '../../src/program/composer-message.ts';
import type { AddTrack } from '../../src/program/track-message.ts';
import { EndpointClock } from '../ingest/endpoint-clock.ts';
import { AudioEncoder } from './audio/audio-encoder.ts';
import { AudioTrack } from './audio/audio-track.ts';
import { EncodedProgram } from './encoded-program.ts';
import { monotonicClock } from './monotonic-clock.ts';
import { blockLength, ProgramClock, sampleRate } from './program-clock.ts';
import type { TrackEnvironment } from './track-environment.ts';
import type { Canvas } from './video/canvas-ring.ts';
import { LabelPainter } from './video/label.ts';
import type { PassableTrack } from './video/passage.ts';
import { ProgramVideo } from './video/program-video.ts';
import { Scene, type SceneItem } from './video/scene.ts';
import { Tile } from './video/tile.ts';
import { VideoEncoder } from './video/video-encoder.ts';
import { VideoTrack, type VideoTrackEnvironment } from './video/video-track.ts';

/** Interval of statistics, in ms. */
const statisticsInterval = 1000;

export interface ProgramOptions {
  readonly settings: ProgramSettings;
  readonly send: (message: FromComposer) => void;
  /** Called when the program has failed. */
  readonly onBroken: () => void;
  /** A monotonic clock. */
  readonly clock?: Clock;
}

type AddedTrack = Omit<AddTrack<ProgramTrack>, 'type'>;

interface Member {
  track: ProgramTrack;
  /** Incremented with each track. */
  readonly order: number;
  readonly media: VideoTrack | AudioTrack;
}

interface Endpoint {
  readonly clock: EndpointClock;
  readonly placeholder: Tile;
  tracks: number;
}

/** Composes all tracks of a room to one video and one audio track, encoded once and without a gap. */
export class Program {
  readonly #options: ProgramOptions;
  readonly #clock: Clock;
  readonly #ticks: ProgramClock;
  readonly #output: EncodedProgram;
  readonly #painter: LabelPainter;
  readonly #scene: Scene;
  readonly #limiter: Limiter;
  readonly #video: ProgramVideo;
  readonly #audio: AudioEncoder;
  readonly #members = new Map<string, Member>();
  readonly #endpoints = new Map<string, Endpoint>();
  #order = 0;
  /** Restarts of decoders of removed tracks. */
  #pastRestarts = 0;
  #cancelStatistics: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ProgramOptions) {
    const { settings, send, onBroken, clock = monotonicClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#output = new EncodedProgram(settings, () => ({ wallClock: Math.round(this.#ticks.startedAt) }), send);
    const onLabelFailure = (lastLines: readonly string[]) => this.#report('A name could not be drawn.', { lastLines });
    this.#painter = new LabelPainter(clock, onLabelFailure);
    this.#scene = new Scene({ ...settings, painter: settings.showNames ? this.#painter : undefined });
    this.#limiter = new Limiter(settings.audioChannels, sampleRate);
    const onTrouble = (sentence: string, fields: Readonly<Record<string, unknown>>) => this.#report(sentence, fields);
    this.#video = new ProgramVideo({
      ...{ settings, output: this.#output },
      createEncoder: (events) => new VideoEncoder({ ...{ settings, clock, onTrouble, onBroken }, ...events }),
      compose: (tick, late) => this.#compose(tick, late),
      position: () => clock.now() - this.#ticks.startedAt,
      onPassed: (trackId) => send({ type: 'passed', trackId }),
      onComposed: (reason) => send({ type: 'composed', reason }),
    });
    this.#audio = new AudioEncoder({
      ...{ settings, clock, onTrouble },
      onFrame: (data, index) => this.#output.audio(data, index),
    });
    this.#ticks = new ProgramClock({
      ...{ clock, frameRate: settings.frameRate },
      onFrame: (index, late) => this.#video.draw(index, late),
      onBlock: (index) => this.#mixBlock(index),
    });
  }

  start(): void {
    this.#video.start();
    this.#audio.start();
    this.#ticks.start();
    this.#scheduleStatistics();
  }

  /** Adds a track. @returns its port on 127.0.0.1; undefined when it was removed meanwhile */
  async addTrack(added: AddedTrack): Promise<number | undefined> {
    const { track, reports } = added;
    await this.removeTrack(track.trackId);
    if (this.#stopping) return undefined;
    const media = this.#createTrack(added, this.#enter(track));
    for (const report of reports) media.report(report);
    this.#order += 1;
    this.#members.set(track.trackId, { track, order: this.#order, media });
    this.#arrange();
    const port = await media.listen();
    return this.#members.get(track.trackId)?.media === media ? port : undefined;
  }

  /** Updates name and screenshare of a track; kind and endpoint do not change. */
  updateTrack(track: ProgramTrack): void {
    const member = this.#members.get(track.trackId);
    if (!member) return;
    member.track = { ...member.track, name: track.name, screenshare: track.screenshare };
    this.#arrange();
  }

  /** @param limits what outputs require of frames that are passed through; null: all frames are composed */
  limitPassthrough(limits: PassthroughLimits | null): void {
    this.#video.limit(limits ?? undefined);
  }

  /** Handles a sender report of a track. */
  report(trackId: string, report: ClockReport): void {
    this.#members.get(trackId)?.media.report(report);
  }

  async removeTrack(trackId: string): Promise<void> {
    const member = this.#members.get(trackId);
    if (!member) return;
    this.#members.delete(trackId);
    if (member.media instanceof VideoTrack) {
      this.#pastRestarts += member.media.restarts;
      this.#video.remove(member.media);
    }
    this.#leave(member.track.endpointId);
    this.#arrange();
    await member.media.close();
  }

  /** Ends the program. Resolves when everything has been encoded and sent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end(async () => {
      await Promise.all([this.#video.finish(), this.#audio.finish()]);
      this.#output.flush();
    });
    return this.#stopping;
  }

  /** Ends the program at once. Idempotent. */
  async close(): Promise<void> {
    this.#stopping ??= this.#end(async () => undefined);
    await Promise.all([this.#video.close(), this.#audio.close()]);
    await this.#stopping;
  }

  async #end(flush: () => Promise<void>): Promise<void> {
    this.#ticks.close();
    this.#cancelStatistics?.();
    const members = [...this.#members.values()];
    this.#members.clear();
    await Promise.all([flush(), this.#painter.close(), ...members.map(({ media }) => media.close())]);
  }

  #createTrack(added: AddedTrack, endpoint: Endpoint): VideoTrack | AudioTrack {
    const { track, stream, simulcast } = added;
    const environment: TrackEnvironment = {
      ...{ track, stream, endpointClock: endpoint.clock, clock: this.#clock },
      onTrouble: (sentence, fields) => this.#report(sentence, fields),
    };
    const { trackId } = track;
    const { frameRate, audioChannels: channels } = this.#options.settings;
    const { startedAt } = this.#ticks;
    if (track.kind === 'video') {
      const onKeyframeNeeded = () => this.#options.send({ type: 'keyframeNeeded', trackId });
      const onSize = (tile: Size, frame: Size | undefined) =>
        this.#options.send({ type: 'tileSize', trackId, tile, frame });
      const events = { onKeyframeNeeded, onSize: simulcast ? onSize : undefined };
      const media: VideoTrack = new VideoTrack({
        ...{ ...environment, ...events, frameRate, startedAt },
        ...this.#watched(added, () => media),
      });
      return media;
    }
    return new AudioTrack({ ...environment, channels, startedAt });
  }

  /** What is to be known of a video that may be passed through. */
  #watched(
    { track, stream }: AddedTrack,
    media: () => VideoTrack,
  ): Pick<VideoTrackEnvironment, 'onCaptured' | 'onLost'> {
    if (!track.steady || stream.mimeType !== 'video/H264') return {};
    return {
      onCaptured: (frame, due) => this.#video.take(media(), frame, due - this.#ticks.startedAt),
      onLost: () => this.#video.lose(media()),
    };
  }

  #enter({ endpointId }: ProgramTrack): Endpoint {
    const endpoint = this.#endpoints.get(endpointId) ?? {
      ...{ clock: new EndpointClock(this.#clock), placeholder: new Tile(), tracks: 0 },
    };
    endpoint.tracks += 1;
    this.#endpoints.set(endpointId, endpoint);
    return endpoint;
  }

  #leave(endpointId: string): void {
    const endpoint = this.#endpoints.get(endpointId);
    if (!endpoint) return;
    endpoint.tracks -= 1;
    if (endpoint.tracks === 0) this.#endpoints.delete(endpointId);
  }

  #arrange(): void {
    this.#scene.show([...this.#endpoints].flatMap(([id, endpoint]) => this.#itemsOf(id, endpoint)));
    this.#video.show(this.#onlyVideo());
  }

  /** The video that is all that is shown, if it may be passed through. */
  #onlyVideo(): PassableTrack | undefined {
    const videos = [...this.#members.values()].filter(({ media }) => media instanceof VideoTrack);
    const [only] = videos;
    if (!only || videos.length > 1 || this.#endpoints.size > 1) return undefined;
    const { track, media } = only;
    const isNamed = this.#options.settings.showNames && track.name !== '';
    return track.steady && !track.screenshare && !isNamed && media instanceof VideoTrack ? media : undefined;
  }

  /** The tiles of an endpoint: one per video, or one without video. */
  #itemsOf(endpointId: string, { placeholder }: Endpoint): SceneItem[] {
    const members = [...this.#members.values()].filter(({ track }) => track.endpointId === endpointId);
    const items = members.flatMap(({ track, order, media }) => {
      if (!(media instanceof VideoTrack)) return [];
      const { name, screenshare, trackId } = track;
      const onPlaced = media.place.bind(media);
      return [{ id: `track ${trackId}`, order, name, screenshare, tile: media.tile, onPlaced }];
    });
    const [first] = members;
    if (items.length > 0 || !first) return items;
    const { name } = first.track;
    return [{ id: `endpoint ${endpointId}`, order: first.order, name, screenshare: false, tile: placeholder }];
  }

  #compose(tick: number, late: boolean): Canvas {
    // a frame that is due within half a frame belongs to this tick
    const time = this.#ticks.startedAt + this.#ticks.frameTime(tick + 0.5);
    return late ? this.#scene.last : this.#scene.compose(time);
  }

  #mixBlock(index: number): void {
    const block = new Float32Array(blockLength * this.#options.settings.audioChannels);
    for (const { media } of this.#members.values()) {
      if (media instanceof AudioTrack) media.mixInto(index * blockLength, block);
    }
    this.#audio.write(this.#limiter.apply(block));
  }

  #scheduleStatistics(): void {
    this.#cancelStatistics = this.#clock.schedule(statisticsInterval, () => {
      for (const { media } of this.#members.values()) if (media instanceof VideoTrack) media.check();
      this.#options.send({ type: 'statistics', statistics: this.#statistics() });
      this.#scheduleStatistics();
    });
  }

  #statistics(): ProgramStatistics {
    const videos = [...this.#members.values()].map(({ media }) => (media instanceof VideoTrack ? media.restarts : 0));
    return {
      lateFrames: this.#ticks.lateFrames,
      decoderRestarts: videos.reduce((sum, restarts) => sum + restarts, this.#pastRestarts),
      encoderRestarts: this.#video.restarts + this.#audio.restarts,
      frameRate: this.#video.frameRate,
    };
  }

  #report(sentence: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.send({ type: 'trouble', sentence, fields });
  }
}
