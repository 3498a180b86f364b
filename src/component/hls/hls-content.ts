import type { Component, ComponentSource } from '../../room/component.ts';

/** A place in a media playlist: docs/contracts/fishjam-rest.md 9.3, RFC 8216bis section 6.2.5.2. */
export interface PlaylistPosition {
  /** Media sequence number of the segment, >= 0. */
  readonly segment: number;
  /** Number of the part in it, >= 0; undefined: the whole segment. */
  readonly part?: number | undefined;
}

/** A playlist or a piece of media, as it is sent. */
export interface HlsResource {
  readonly body: Buffer;
  /** The same compressed, if that is worth it; made when first asked for. */
  readonly gzip?: (() => Buffer) | undefined;
  /** How long caches may keep it, in seconds. */
  readonly maxAge: number;
}

/** What runs behind a component of type `hls`. */
export interface HlsSource extends ComponentSource {
  /** Undefined before the component is in its room. */
  readonly content: HlsContent | undefined;
}

/** @returns undefined when the component is no HLS */
export function hlsContentOf({ type, source }: Component): HlsContent | undefined {
  return type === 'hls' ? (source as HlsSource).content : undefined;
}

/** A live HLS stream, as its viewers' requests see it. */
export interface HlsContent {
  /** Where the stream's files are written. */
  readonly folder: string;
  /**
   * A playlist, or a piece of media that is still in memory.
   * @returns undefined when it has to be looked for in the folder
   * @throws ShoalError fileNotFound when nothing can be played yet
   */
  file(name: string): HlsResource | undefined;
  /**
   * The newest playlist, as soon as it holds this position. Only low latency has it. Instead of a delta, which may not exist, comes
   * the whole.
   * @returns undefined when there is none
   * @throws ShoalError playlistTooFarAhead; playlistLate when the position did not come in time
   */
  playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<HlsResource | undefined>;
  /**
   * A partial segment by its file name, as soon as it exists, when it is old or next.
   * @returns undefined when it is neither
   * @throws ShoalError playlistLate when it did not come in time
   */
  partialSegment(name: string): Promise<HlsResource | undefined>;
}
