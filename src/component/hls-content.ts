/** A place in a media playlist: section 9.3 of the REST contract. */
export interface PlaylistPosition {
  /** Media sequence number of the segment, >= 0. */
  readonly segment: number;
  /** Number of the part in it, >= 0. */
  readonly part: number;
}

/** A live HLS stream, as its viewers' requests see it. */
export interface HlsContent {
  /** Where the stream's files are written. */
  readonly folder: string;
  /**
   * The newest playlist, as soon as it holds this position. Only low latency has it.
   * @returns undefined when there is none, or the position did not come in time
   */
  playlist(kind: 'media' | 'delta', position: PlaylistPosition): Promise<string | undefined>;
  /** A partial segment by its file name, as soon as it exists, when it is old or next. @returns undefined when it is neither */
  partialSegment(name: string): Promise<Uint8Array | undefined>;
}
