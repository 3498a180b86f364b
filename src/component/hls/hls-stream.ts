import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import { type ProgramFormat, timescale } from '../../media/sample.ts';
import type { ProgramOutput } from '../../output/program-output.ts';
import { encodedText } from './encoded-text.ts';
import { fileNames, partPosition } from './file-names.ts';
import type { HlsContent, HlsResource, PlaylistPosition } from './hls-content.ts';
import { multivariantPlaylist } from './multivariant-playlist.ts';
import type { Fragment, PackagerOutput } from './packager.ts';
import { deltaPlaylist, mediaPlaylist, type PlaylistContent, skippableSegments } from './playlist.ts';
import { PlaylistWaiters } from './playlist-waiters.ts';
import type { Segment } from './segment.ts';
import type { StreamFolder } from './stream-folder.ts';
import { StreamMedia } from './stream-media.ts';
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

type PlaylistKind = 'multivariant' | 'media' | 'delta';

/** In target durations: maximum time that a request is held (RFC 8216bis section 6.2.5.2), and maximum ages in caches. */
const heldFor = 3;
const blockedPlaylistAge = 3;
const mediaAge = 6;
/** Maximum distance of a requested position, in segments, and in parts. RFC 8216bis section 6.2.5.2. */
const segmentsAhead = 2;
const partsAhead = 3;

/** A live stream: its playlists and the media that they list. */
export class HlsStream implements PackagerOutput, HlsContent {
  /** `running`: emitted once, when the playlist can be played. `failed`: never emitted. */
  readonly observer: ProgramOutput['observer'] = new EventEmitter();
  readonly #options: HlsStreamOptions;
  readonly #timeline: Timeline;
  readonly #media: StreamMedia;
  readonly #waiters: PlaylistWaiters;
  /** All complete segments of a persistent stream, listed or not. */
  readonly #archive: Segment[] = [];
  /** The current playlists. */
  readonly #rendered = new Map<PlaylistKind, Required<Pick<HlsResource, 'body' | 'gzip'>>>();
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
    this.#media = new StreamMedia({ folder, targetDuration, persistent, parts: lowLatency, onLost });
    this.#waiters = new PlaylistWaiters(clock, heldFor * targetDuration * 1000);
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
  }

  file(name: string): HlsResource | undefined {
    const { targetDuration } = this.#options;
    const kind = playlistKinds.get(name);
    // Files on disk are not served before the stream is playable.
    if (kind && !this.#playable) throw new ShoalError('fileNotFound');
    if (kind) return this.#playlist(kind, Math.floor(targetDuration / 2));
    const body = this.#media.get(name);
    return body && { body, maxAge: mediaAge * targetDuration };
  }

  async playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<HlsResource | undefined> {
    if (!this.#options.lowLatency || !this.#playable) return undefined;
    if (!this.#holds(position)) {
      if (this.#isTooFarAhead(position)) throw new ShoalError('playlistTooFarAhead');
      await this.#waiters.wait(position);
    }
    const maxAge = blockedPlaylistAge * this.#options.targetDuration;
    return this.#playlist(kind, maxAge) ?? this.#playlist('media', maxAge);
  }

  async partialSegment(name: string): Promise<HlsResource | undefined> {
    const position = partPosition(name);
    if (this.file(name) === undefined && position && this.#isNext(position)) await this.#waiters.wait(position);
    return this.file(name);
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
    this.#waiters.wake((position) => this.#holds(position));
  }

  #playlist(kind: PlaylistKind, maxAge: number): HlsResource | undefined {
    let resource = this.#rendered.get(kind);
    if (!resource) {
      const text = this.#playable ? this.#render(kind) : undefined;
      if (text === undefined) return undefined;
      resource = encodedText(text);
      this.#rendered.set(kind, resource);
    }
    return { ...resource, maxAge };
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

  /** Whether the playlist has reached this position; segments that have left it count as reached. */
  #holds({ segment, part }: PlaylistPosition): boolean {
    const { current } = this.#timeline;
    if (this.#ended) return true;
    if (segment >= current.number)
      return segment === current.number && part !== undefined && part < current.parts.length;
    const found = this.#timeline.find(segment);
    if (part === undefined || !found || part < found.parts.length) return true;
    // A position after the last part of a complete segment is the first of the next one.
    return this.#holds({ segment: segment + 1, part: 0 });
  }

  #isTooFarAhead({ segment, part }: PlaylistPosition): boolean {
    const { current } = this.#timeline;
    const partTarget = this.#partTarget ?? 1;
    if (segment > current.number - 1 + segmentsAhead) return true;
    if (part === undefined || segment < current.number) return false;
    const partsPerSegment = Math.ceil(this.#options.targetDuration / partTarget);
    const ahead = (segment - current.number) * partsPerSegment + part - (current.parts.length - 1);
    return ahead > (partTarget < 1 ? Math.ceil(partsAhead / partTarget) : partsAhead);
  }

  /** docs/contracts/fishjam-rest.md 9.4. */
  #isNext({ segment, part }: { segment: number; part: number }): boolean {
    const { current } = this.#timeline;
    if (this.#ended || !this.#options.lowLatency || !this.#playable) return false;
    if (segment === current.number) return part === current.parts.length;
    return segment === current.number + 1 && part === 0;
  }
}

const playlistKinds: ReadonlyMap<string, PlaylistKind> = new Map([
  [fileNames.multivariant, 'multivariant'],
  [fileNames.media, 'media'],
  [fileNames.delta, 'delta'],
]);
