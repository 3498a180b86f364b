/** A position in a media playlist: docs/contracts/fishjam-rest.md 9.3, RFC 8216bis section 6.2.5.2. */
export interface PlaylistPosition {
  /** Media sequence number of the segment, >= 0. */
  readonly segment: number;
  /** Index of the part in it, >= 0; undefined: the whole segment. */
  readonly part?: number | undefined;
}

/** How far a live stream has come: all that the reply to a request for a position depends on. Sent to other processes. */
export interface StreamProgress {
  readonly lowLatency: boolean;
  /** Maximum segment duration, rounded, in seconds. */
  readonly targetDuration: number;
  /** Maximum duration of a part, in seconds; undefined without low latency, and before any media. */
  readonly partTarget?: number | undefined;
  /** Whether there is something to play. */
  readonly playable: boolean;
  readonly ended: boolean;
  /** Media sequence number of the unfinished segment. */
  readonly segment: number;
  /** Number of its parts so far. */
  readonly parts: number;
  /** Number of parts of the segment before it; undefined when that is not listed. */
  readonly partsBefore?: number | undefined;
}

/** Maximum distance of a requested position, in segments, and in parts. RFC 8216bis section 6.2.5.2. */
const segmentsAhead = 2;
const partsAhead = 3;

/** Whether the playlist has reached this position; segments that have left it count as reached. */
export function hasReached(progress: StreamProgress, { segment, part }: PlaylistPosition): boolean {
  const { ended, parts, partsBefore } = progress;
  if (ended) return true;
  if (segment >= progress.segment) return segment === progress.segment && part !== undefined && part < parts;
  // A position after the last part of a complete segment is the first of the next one.
  const isAfterLast = segment === progress.segment - 1 && part !== undefined && part >= (partsBefore ?? part + 1);
  return !isAfterLast || parts > 0;
}

/** Whether a position is refused because it is too far from what there is. */
export function isTooFarAhead(progress: StreamProgress, { segment, part }: PlaylistPosition): boolean {
  const { targetDuration, partTarget = 1, parts } = progress;
  if (segment > progress.segment - 1 + segmentsAhead) return true;
  if (part === undefined || segment < progress.segment) return false;
  const partsPerSegment = Math.ceil(targetDuration / partTarget);
  const ahead = (segment - progress.segment) * partsPerSegment + part - (parts - 1);
  return ahead > (partTarget < 1 ? Math.ceil(partsAhead / partTarget) : partsAhead);
}

/** Whether this is the part that comes next: docs/contracts/fishjam-rest.md 9.4. */
export function isNextPart(progress: StreamProgress, { segment, part }: { segment: number; part: number }): boolean {
  if (progress.ended || !progress.lowLatency || !progress.playable) return false;
  if (segment === progress.segment) return part === progress.parts;
  return segment === progress.segment + 1 && part === 0;
}
