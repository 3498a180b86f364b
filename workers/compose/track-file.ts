import { join } from 'node:path';
import { type RecordedFile, readReport } from '../../src/component/recording/recording-report.ts';
import { mediaSpan, type Span } from '../../src/ffmpeg/media-span.ts';
import { isScreenshare } from '../../src/program/program-track.ts';
import { maxSilence } from '../composer/video/placeholder.ts';

/** Maximum gap between two files of one track, in seconds: after another format or a dead track recorder. */
const bridged = 1;

/** A file of a recording. Times are in seconds on the recording's clock. */
export interface TrackFile {
  readonly path: string;
  readonly kind: 'audio' | 'video';
  /** Id of the peer or component. */
  readonly origin: string;
  readonly screenshare: boolean;
  /** Start and end of the track. */
  readonly start: number;
  readonly end: number;
  /** Origin of the file's own time. */
  readonly firstPacket: number;
  /** Times at which the placeholder is shown because no media came. */
  readonly silences: readonly Span[];
  /** Index among the videos of its origin; a file that continues another one has the same. */
  readonly order: number;
}

interface ReadFile extends Omit<TrackFile, 'order'> {
  /** Whether it ended with the track, and not with the track recorder. */
  readonly ended: boolean;
}

/** The files of a recording, in order of their start. @throws Error when there is no report, or none of its files can be read */
export async function readTrackFiles(folder: string): Promise<TrackFile[]> {
  const report = await readReport(folder);
  if (!report) throw new Error(`${folder} has no report.json: it is not a finished recording.`);
  const files = Object.entries(report.tracks).map(([name, file]) => read(join(folder, name), file));
  const readable = (await Promise.all(files)).filter((file) => file !== undefined);
  if (readable.length === 0) throw new Error(`${folder} has no track that can be read.`);
  return bridge(readable.sort((a, b) => a.start - b.start || a.firstPacket - b.firstPacket));
}

/** @returns undefined when the file has no media */
async function read(path: string, file: RecordedFile): Promise<ReadFile | undefined> {
  const { type: kind, origin, metadata, joined, left } = file;
  const span = await mediaSpan(path, maxSilence / 1000).catch(() => undefined);
  if (!span || span.end === span.start) return undefined;
  const start = Math.min(span.start, (joined ?? Number.POSITIVE_INFINITY) / 1e9);
  const end = Math.max(span.end, (left ?? 0) / 1e9);
  const silences = [...span.silences, { start: span.end, end }].map((silence) => ({
    ...silence,
    start: silence.start + maxSilence / 1000,
  }));
  return {
    ...{ path, kind, origin, screenshare: isScreenshare(kind, metadata), firstPacket: span.start, start, end },
    silences: silences.filter(({ start, end }) => end > start),
    ended: left !== undefined || joined === undefined,
  };
}

/** A track that continues in another file ends where that begins, and keeps its place. */
function bridge(found: readonly ReadFile[]): TrackFile[] {
  const tracks = found.map((track, order) => ({ ...track, order }));
  const later = new Set<ReadFile>();
  for (const track of tracks) {
    const next = tracks.find((other) => other !== track && !later.has(other) && follows(other, track));
    if (!next) continue;
    later.add(next);
    track.end = next.firstPacket;
    next.start = next.firstPacket;
    next.order = track.order;
  }
  return tracks;
}

/** Whether a file continues the track of another: without a gap, or after a track recorder that died. */
function follows(later: ReadFile, { kind, origin, screenshare, start, end, ended }: ReadFile): boolean {
  const isSame = later.kind === kind && later.origin === origin && later.screenshare === screenshare;
  const hole = later.start - end;
  return isSame && later.start > start && (Math.abs(hole) < bridged || (!ended && hole > 0));
}
