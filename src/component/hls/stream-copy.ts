import type { Clock } from '../../clock/clock.ts';
import { type EncodedText, encodedText } from './encoded-text.ts';
import type { LiveFiles } from './hls-content.ts';
import { LiveContent } from './live-content.ts';
import { MediaMemory } from './media-memory.ts';
import type { StreamProgress } from './stream-progress.ts';
import type { PlaylistKind, StreamUpdate } from './stream-update.ts';

/** A copy of a live stream in another process. */
export class StreamCopy {
  readonly #content: LiveContent;
  readonly #media: MediaMemory;
  readonly #playlists = new Map<PlaylistKind, EncodedText>();
  #progress: StreamProgress;

  /** @param first the update that has everything */
  constructor(first: StreamUpdate, clock: Clock) {
    this.#progress = first.progress;
    this.#media = new MediaMemory(first.progress.lowLatency);
    const source = {
      progress: () => this.#progress,
      playlist: (kind: PlaylistKind) => this.#playlists.get(kind),
      media: (name: string) => this.#media.get(name),
    };
    this.#content = new LiveContent(source, clock, first.progress.targetDuration);
    this.update(first);
  }

  get content(): LiveFiles {
    return this.#content;
  }

  /** A playlist is there no sooner than the media that it lists. */
  update({ changes, playlists, progress }: StreamUpdate): void {
    for (const change of changes) this.#media.apply(change);
    this.#playlists.clear();
    for (const [kind, body] of Object.entries(playlists)) this.#playlists.set(kind as PlaylistKind, encodedText(body));
    this.#progress = progress;
    this.#content.wake();
  }
}
