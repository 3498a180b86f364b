import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import { type ProgramFormat, timescale } from '../../media/sample.ts';
import type { ProgramOutput } from '../../output/program-output.ts';
import { type EncodedText, encodedText } from './encoded-text.ts';
import { fileNames } from './file-names.ts';
import type { HlsContent, HlsResource } from './hls-content.ts';
import { LiveContent } from './live-content.ts';
import type { MediaChange } from './media-memory.ts';
import { multivariantPlaylist } from './multivariant-playlist.ts';
import type { Fragment, PackagerOutput } from './packager.ts';
import { deltaPlaylist, mediaPlaylist, type PlaylistContent, skippableSegments } from './playlist.ts';
import type { Segment } from './segment.ts';
import type { StreamFolder } from './stream-folder.ts';
import { StreamMedia } from './stream-media.ts';
import type { PlaylistPosition, StreamProgress } from './stream-progress.ts';
import type { CopiedStream, PlaylistKind, StreamUpdate } from './stream-update.ts';
import { Timeline } from './timeline.ts';

export interface HlsStreamOptions {
  readonly folder: StreamFolder;
  readonly clock: Clock;
  readonly lowLatency: boolean;
  /** Maximum segment duration, rounded, in seconds. */
  readonly targetDuration: number;
  /** Duration that is listed, in seconds; `null`: all. */
  readonly window: number | null;
  readonly persistent: boolean;
}

const allKinds = ['multivariant', 'media', 'delta'] as const;

/** A live stream: its playlists and the media that they list. */
export class HlsStream implements PackagerOutput, HlsContent {
  /** `running`: emitted once, when the playlist can be played. `failed`: never emitted. */
  readonly observer: ProgramOutput['observer'] = new EventEmitter();
  readonly copied: CopiedStream = { observer: new EventEmitter(), snapshot: () => this.#snapshot() };
  readonly #options: HlsStreamOptions;
  readonly #timeline: Timeline;
  readonly #media: StreamMedia;
  readonly #live: LiveContent;
  /** Of the media, since the last update. */
  #changes: MediaChange[] = [];
  /** All complete segments of a persistent stream, listed or not. */
  readonly #archive: Segment[] = [];
  /** The current playlists. */
  readonly #rendered = new Map<PlaylistKind, EncodedText>();
  #format: ProgramFormat | undefined;
  #partTarget: number | undefined;
  #playable = false;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(options: HlsStreamOptions) {
    const { folder, targetDuration, persistent, lowLatency, clock } = options;
    this.#options = options;
    this.#timeline = new Timeline(options);
    const onLost = (segment: Segment) => this.#lose(segment);
    const onChange = (change: MediaChange) => void (this.#isCopied && this.#changes.push(change));
    this.#media = new StreamMedia({ folder, targetDuration, persistent, parts: lowLatency, onLost, onChange });
    const source = {
      progress: () => this.#progress(),
      playlist: (kind: PlaylistKind) => this.#playlist(kind),
      media: (name: string) => this.#media.get(name),
    };
    this.#live = new LiveContent(source, clock, targetDuration);
  }

  get folder(): string {
    return this.#options.folder.path;
  }

  get playable(): boolean {
    return this.#playable;
  }

  init(bytes: Buffer, format: ProgramFormat, maxPart: number): void {
    this.#format = format;
    if (this.#options.lowLatency) this.#partTarget ??= maxPart / timescale.video;
    this.#media.addInit(this.#timeline.addInit(), bytes);
    this.#rendered.clear();
  }

  fragment(fragment: Fragment): void {
    this.#timeline.add(fragment);
    const { current } = this.#timeline;
    if (current.parts.length === 1) this.#storePlaylists();
    this.#media.add(current, fragment.bytes);
    if (fragment.last) this.#complete();
    if (fragment.last || this.#options.lowLatency) this.#publish();
  }

  endSegment(): void {
    this.#complete();
    this.#publish();
  }

  /** To be called when its component has left the room, which may be long before the last media comes. */
  withdraw(): void {
    this.copied.observer.emit('withdrawn');
  }

  /** To be called when no more media comes. Resolves when everything is on disk. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended = true;
    this.#publish();
    await this.#media.settle();
    if (this.#playable) this.#storePlaylists();
    await this.#options.folder.settle();
    this.copied.observer.emit('closed');
  }

  file(name: string): HlsResource | undefined {
    return this.#live.file(name);
  }

  async playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<HlsResource | undefined> {
    return await this.#live.playlist(kind, position);
  }

  async partialSegment(name: string): Promise<HlsResource | undefined> {
    return await this.#live.partialSegment(name);
  }

  #complete(): void {
    const { current, duration } = this.#timeline;
    this.#media.complete(current);
    for (const segment of this.#timeline.complete()) this.#media.retire(segment, duration);
    if (this.#options.persistent) this.#archive.push(current);
  }

  /** Segments that a full disk did not take and that have left the memory cannot be listed. */
  #lose(segment: Segment): void {
    const { duration } = this.#timeline;
    for (const gone of this.#timeline.forget(segment)) this.#media.retire(gone, duration);
  }

  #publish(): void {
    this.#rendered.clear();
    if (!this.#playable && (this.#timeline.segments.length > 0 || this.#options.lowLatency)) {
      this.#playable = this.#timeline.segments.length > 0 || this.#timeline.current.parts.length > 0;
      if (this.#playable) this.observer.emit('running');
    }
    if (this.#isCopied) this.#update();
    this.#live.wake();
  }

  get #isCopied(): boolean {
    return this.copied.observer.listenerCount('update') > 0;
  }

  #update(): void {
    const changes = this.#changes;
    this.#changes = [];
    this.copied.observer.emit('update', this.#updateWith(changes));
  }

  /** Those who have a copy already get what it has. */
  #snapshot(): StreamUpdate {
    if (this.#changes.length > 0) this.#update();
    return this.#updateWith(this.#media.changes());
  }

  #updateWith(changes: readonly MediaChange[]): StreamUpdate {
    const rendered = allKinds.flatMap((kind) => {
      const text = this.#playlist(kind);
      return text ? [[kind, text.body]] : [];
    });
    return { changes, playlists: Object.fromEntries(rendered), progress: this.#progress() };
  }

  #progress(): StreamProgress {
    const { lowLatency, targetDuration } = this.#options;
    const { current } = this.#timeline;
    return {
      ...{ lowLatency, targetDuration, partTarget: this.#partTarget },
      ...{ playable: this.#playable, ended: this.#ended },
      ...{ segment: current.number, parts: current.parts.length },
      partsBefore: this.#timeline.find(current.number - 1)?.parts.length,
    };
  }

  #playlist(kind: PlaylistKind): EncodedText | undefined {
    let resource = this.#rendered.get(kind);
    if (!resource) {
      const text = this.#playable ? this.#render(kind) : undefined;
      if (text === undefined) return undefined;
      resource = encodedText(text);
      this.#rendered.set(kind, resource);
    }
    return resource;
  }

  #render(kind: PlaylistKind): string | undefined {
    if (kind === 'multivariant') return this.#format && multivariantPlaylist(this.#format, this.#timeline.segments);
    const content = this.#content();
    if (kind === 'media') return mediaPlaylist(content);
    return content.skippable > 0 ? deltaPlaylist(content) : undefined;
  }

  #content(): PlaylistContent {
    const { lowLatency, targetDuration, window } = this.#options;
    const { segments, current, discontinuitySequence } = this.#timeline;
    return {
      targetDuration,
      ...(lowLatency && this.#partTarget !== undefined && { partTarget: this.#partTarget }),
      segments,
      current,
      discontinuitySequence,
      // docs/contracts/fishjam-rest.md 9.6: no delta of a window.
      skippable: lowLatency && window === null && !this.#ended ? skippableSegments(segments, targetDuration) : 0,
      ended: this.#ended,
    };
  }

  /** The playlists on disk list every segment on disk; those of a persistent stream all segments, not only the window. */
  #storePlaylists(): void {
    const { folder } = this.#options;
    const format = this.#format;
    if (format) folder.writeText(fileNames.multivariant, () => multivariantPlaylist(format, this.#onDisk().segments));
    folder.writeText(fileNames.media, () => mediaPlaylist(this.#onDisk()));
  }

  #onDisk(): PlaylistContent {
    const { targetDuration, persistent } = this.#options;
    const { segments, current, discontinuitySequence } = this.#timeline;
    const listed = persistent ? this.#archive : segments;
    const pending = listed.filter(({ stored }) => stored === undefined);
    return {
      targetDuration,
      segments: listed.filter(({ stored }) => stored),
      unfinished: current.parts.length > 0 ? [...pending, current] : pending,
      discontinuitySequence: persistent ? 0 : discontinuitySequence,
      skippable: 0,
      // Whoever reads a closed playlist may rely on it.
      ended: this.#ended && pending.length === 0,
    };
  }
}
