import { timescale } from '../../media/sample.ts';
import { fileNames } from './file-names.ts';
import type { Segment } from './segment.ts';

/** The content of a media playlist. */
export interface PlaylistContent {
  /** Target duration in seconds, the same in every playlist of a stream. */
  readonly targetDuration: number;
  /** Part target in seconds. Undefined: no parts are listed. */
  readonly partTarget?: number;
  /** Complete segments, oldest first. */
  readonly segments: readonly Segment[];
  /** The unfinished segment. */
  readonly current?: Segment | undefined;
  /** On disk only: unfinished segments, with which the playlist can be completed after a crash. */
  readonly unfinished?: readonly Segment[];
  /** Number of discontinuities that have left the playlist. */
  readonly discontinuitySequence: number;
  /** Number of segments that a delta playlist skips. */
  readonly skippable: number;
  readonly ended: boolean;
}

/** Parts further from the end than this many target durations are not listed: RFC 8216bis section 4.4.4.9. */
const partLinesFor = 3;
/** Minimum number of target durations that stay in a delta playlist: RFC 8216bis section 4.4.3.8. */
const skipBoundary = 6;
const partHoldBack = 3;
/** Prefix of the line of an unfinished segment, a comment to players. */
export const unfinishedMark = '#unfinished:';

/** Renders a media playlist: RFC 8216bis, section 4.4; the order of the lines is docs/contracts/fishjam-rest.md 9.6. */
export function mediaPlaylist(content: PlaylistContent): string {
  return render(content, 0);
}

/** Renders a delta playlist: RFC 8216bis, section 6.2.5.1. */
export function deltaPlaylist(content: PlaylistContent): string {
  return render(content, content.skippable);
}

/** Number of oldest segments that a delta playlist may skip. */
export function skippableSegments(segments: readonly Segment[], targetDuration: number): number {
  let kept = 0;
  let index = segments.length;
  while (index > 0 && kept < skipBoundary * targetDuration * timescale.video) {
    index -= 1;
    kept += segments[index]?.duration ?? 0;
  }
  return index;
}

function render(content: PlaylistContent, skipped: number): string {
  const { segments, current, ended } = content;
  const lines = header(content, skipped);
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  let before = segments[skipped - 1];
  const listed = listedParts(content);
  for (const segment of segments.slice(skipped)) {
    lines.push(...opening(segment, before), ...(listed.has(segment) ? partLines(segment) : []));
    lines.push(`#EXTINF:${seconds(segment.duration)},`, fileNames.segment(segment.number));
    before = segment;
  }
  for (const segment of content.unfinished ?? []) {
    lines.push(...opening(segment, before), `${unfinishedMark}${fileNames.segment(segment.number)}`);
    before = segment;
  }
  if (content.partTarget !== undefined && !ended && current) {
    if (current.parts.length > 0) lines.push(...opening(current, before), ...partLines(current));
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${fileNames.part(current.number, current.parts.length)}"`);
  }
  if (ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function header(content: PlaylistContent, skipped: number): string[] {
  const { targetDuration, partTarget, segments, current, unfinished } = content;
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${skipped > 0 ? 9 : 7}`, `#EXT-X-TARGETDURATION:${targetDuration}`];
  if (partTarget !== undefined) {
    const skip = content.skippable > 0 ? `,CAN-SKIP-UNTIL=${decimal(skipBoundary * targetDuration)}` : '';
    // Three times the rounded part target: players compare the two.
    const holdBack = decimal(partHoldBack * Number(decimal(partTarget)));
    lines.push(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${holdBack}${skip}`);
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${decimal(partTarget)}`);
  }
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${(segments[0] ?? unfinished?.[0] ?? current)?.number ?? 0}`);
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${content.discontinuitySequence}`);
  return lines;
}

/** Segments near the end, whose parts are listed. */
function listedParts({ partTarget, targetDuration, segments, current }: PlaylistContent): Set<Segment> {
  const listed = new Set<Segment>();
  if (partTarget === undefined) return listed;
  let distance = current?.duration ?? 0;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index];
    if (!segment || distance >= partLinesFor * targetDuration * timescale.video) break;
    listed.add(segment);
    distance += segment.duration;
  }
  return listed;
}

/** The lines of a segment. @param before the previous segment, if it is listed or skipped */
function opening(segment: Segment, before: Segment | undefined): string[] {
  const lines = [];
  // After a full disk some segments are missing.
  const isNext = before === undefined || segment.number === before.number + 1;
  if (segment.discontinuity || !isNext) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.init !== before?.init) lines.push(`#EXT-X-MAP:URI="${fileNames.init(segment.init)}"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.wallClock).toISOString()}`);
  return lines;
}

function partLines({ number, parts }: Segment): string[] {
  return parts.map(({ duration, independent }, index) => {
    const name = fileNames.part(number, index);
    return `#EXT-X-PART:DURATION=${seconds(duration)},URI="${name}"${independent ? ',INDEPENDENT=YES' : ''}`;
  });
}

const seconds = (ticks: number) => decimal(ticks / timescale.video);

/** A decimal number with a point, rounded to 10 microseconds. */
export function decimal(number: number): string {
  const text = String(Number(number.toFixed(5)));
  return text.includes('.') ? text : `${text}.0`;
}
