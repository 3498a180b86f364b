import type { Component, ComponentSource } from '../../room/component.ts';
import type { PlaylistPosition } from './stream-progress.ts';
import type { CopiedStream } from './stream-update.ts';

/** The body of a playlist or media response. */
export interface HlsResource {
  readonly body: Buffer;
  /** The compressed body, if it is worth compressing; created on the first call. */
  readonly gzip?: (() => Buffer) | undefined;
  /** Maximum age in caches, in seconds. */
  readonly maxAge: number;
}

/** A component of type `hls`. */
export interface HlsSource extends ComponentSource {
  /** Undefined before the component is in its room. */
  readonly content: HlsContent | undefined;
}

/** The content of a component; undefined when it is not HLS. */
export function hlsContentOf({ type, source }: Component): HlsContent | undefined {
  return type === 'hls' ? (source as HlsSource).content : undefined;
}

/** A live HLS stream, as viewers request it. */
export interface HlsContent extends LiveFiles {
  /** Folder of the stream's files. */
  readonly folder: string;
  /** For those who copy it to other processes. */
  readonly copied?: CopiedStream;
}

/** What is in memory of a live stream. */
export interface LiveFiles {
  /**
   * A playlist, or media that is still in memory.
   * @returns undefined when it can only be in the folder
   * @throws ShoalError fileNotFound when nothing can be played yet
   */
  file(name: string): HlsResource | undefined;
  /**
   * The newest playlist, as soon as it has this position; for low latency only. The full playlist when a requested delta does not exist.
   * @returns undefined when there is none
   * @throws ShoalError playlistTooFarAhead; playlistLate when the position did not come in time
   */
  playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<HlsResource | undefined>;
  /**
   * A part by its file name, as soon as it exists, if it exists already or is the next one.
   * @returns undefined for any other
   * @throws ShoalError playlistLate when it did not come in time
   */
  partialSegment(name: string): Promise<HlsResource | undefined>;
}
