import { join } from 'node:path';
import { isScreenshare } from '../../src/recorder/program-track.ts';
import { mediaSpan } from '../../src/storage/media-span.ts';
import { readReport } from '../../src/storage/recording-report.ts';

/** A hole between two files of one track that is bridged, in seconds: a worker that died, another format. */
const bridged = 1;

/** One file of a recording. Times in seconds on the recording's clock. */
export interface RecordedTrack {
  readonly path: string;
  readonly kind: 'audio' | 'video';
  /** Id of the peer or component. */
  readonly origin: string;
  readonly screenshare: boolean;
  readonly start: number;
  readonly end: number;
  /** Among the videos of its origin; that of the file that it continues. */
  readonly order: number;
}

/** The files of a recording, in order of their beginning. @throws Error when there is no report, or nothing in it can be read */
export async function readTracks(folder: string): Promise<RecordedTrack[]> {
  const report = await readReport(folder);
  if (!report) throw new Error(`${folder} has no report.json: it is no finished recording.`);
  const tracks = await Promise.all(
    Object.entries(report.tracks).map(async ([name, { type, origin, metadata }]) => {
      const path = join(folder, name);
      const span = await mediaSpan(path).catch(() => undefined);
      return (
        span &&
        span.end > span.start && { path, kind: type, origin, screenshare: isScreenshare(type, metadata), ...span }
      );
    }),
  );
  const readable = tracks.filter((track) => track !== undefined && track !== false).sort((a, b) => a.start - b.start);
  if (readable.length === 0) throw new Error(`${folder} has no track that can be read.`);
  return bridge(readable);
}

/** What goes on in another file ends where that begins, and keeps its place. */
function bridge(found: readonly Omit<RecordedTrack, 'order'>[]): RecordedTrack[] {
  const tracks = found.map((track, order) => ({ ...track, order }));
  for (const [index, track] of tracks.entries()) {
    const next = tracks.slice(index + 1).find(({ kind, origin, screenshare, start }) => {
      const follows = Math.abs(start - track.end) < bridged;
      return follows && kind === track.kind && origin === track.origin && screenshare === track.screenshare;
    });
    if (!next) continue;
    track.end = next.start;
    next.order = track.order;
  }
  return tracks;
}
