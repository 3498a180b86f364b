import type { EventEmitter } from 'node:events';
import type { MediaChange } from './media-memory.ts';
import type { StreamProgress } from './stream-progress.ts';

/** The playlists that viewers request. */
export type PlaylistKind = 'multivariant' | 'media' | 'delta';

/** What a stream has published since the last update; the first one of a copy has everything. */
export interface StreamUpdate {
  readonly changes: readonly MediaChange[];
  /** The current playlists. */
  readonly playlists: Readonly<Partial<Record<PlaylistKind, Buffer>>>;
  readonly progress: StreamProgress;
}

/** A stream of which other processes have copies. */
export interface CopiedStream {
  /** `withdrawn`: who asks from now on gets nothing, those who wait get the end; `closed`: it has ended and is stored. */
  readonly observer: EventEmitter<{ update: [StreamUpdate]; withdrawn: []; closed: [] }>;
  /** Everything that there is now. Further updates follow on it. */
  snapshot(): StreamUpdate;
}
