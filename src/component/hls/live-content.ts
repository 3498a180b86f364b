import type { Clock } from '../../clock/clock.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { EncodedText } from './encoded-text.ts';
import { fileNames, partPosition } from './file-names.ts';
import type { HlsResource, LiveFiles } from './hls-content.ts';
import { PlaylistWaiters } from './playlist-waiters.ts';
import {
  hasReached,
  isNextPart,
  isTooFarAhead,
  type PlaylistPosition,
  type StreamProgress,
} from './stream-progress.ts';
import type { PlaylistKind } from './stream-update.ts';

/** What a stream has at the moment. */
export interface LiveSource {
  progress(): StreamProgress;
  /** @returns undefined when there is none, or none yet */
  playlist(kind: PlaylistKind): EncodedText | undefined;
  media(name: string): Buffer | undefined;
}

/** In target durations: maximum time that a request is held (RFC 8216bis section 6.2.5.2), and maximum ages in caches. */
const heldFor = 3;
const blockedPlaylistAge = 3;
const mediaAge = 6;

const playlistKinds: ReadonlyMap<string, PlaylistKind> = new Map([
  [fileNames.multivariant, 'multivariant'],
  [fileNames.media, 'media'],
  [fileNames.delta, 'delta'],
]);

/** A live stream as viewers request it: in the server, and in edges, which have copies. */
export class LiveContent implements LiveFiles {
  readonly #source: LiveSource;
  readonly #waiters: PlaylistWaiters;

  /** @param targetDuration of the source, in seconds */
  constructor(source: LiveSource, clock: Clock, targetDuration: number) {
    this.#source = source;
    this.#waiters = new PlaylistWaiters(clock, heldFor * targetDuration * 1000);
  }

  /** To be called when the source has got further. */
  wake(): void {
    this.#waiters.wake((position) => hasReached(this.#source.progress(), position));
  }

  file(name: string): HlsResource | undefined {
    const { playable, targetDuration } = this.#source.progress();
    const kind = playlistKinds.get(name);
    // Files on disk are not served before the stream is playable.
    if (kind && !playable) throw new ShoalError('fileNotFound');
    if (kind) return this.#playlist(kind, Math.floor(targetDuration / 2));
    const body = this.#source.media(name);
    return body && { body, maxAge: mediaAge * targetDuration };
  }

  async playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<HlsResource | undefined> {
    const progress = this.#source.progress();
    if (!progress.lowLatency || !progress.playable) return undefined;
    if (!hasReached(progress, position)) {
      if (isTooFarAhead(progress, position)) throw new ShoalError('playlistTooFarAhead');
      await this.#waiters.wait(position);
    }
    const maxAge = blockedPlaylistAge * progress.targetDuration;
    return this.#playlist(kind, maxAge) ?? this.#playlist('media', maxAge);
  }

  async partialSegment(name: string): Promise<HlsResource | undefined> {
    const position = partPosition(name);
    const isNext = position && isNextPart(this.#source.progress(), position);
    if (isNext && this.file(name) === undefined) await this.#waiters.wait(position);
    return this.file(name);
  }

  #playlist(kind: PlaylistKind, maxAge: number): HlsResource | undefined {
    const text = this.#source.playlist(kind);
    return text && { ...text, maxAge };
  }
}
