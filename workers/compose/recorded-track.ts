import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isScreenshare } from '../../src/recorder/program-track.ts';
import { readReport } from '../../src/storage/recording-report.ts';

const run = promisify(execFile);
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
}

/** The files of a recording, in order of their beginning. @throws Error when there is no report, or nothing in it can be read */
export async function readTracks(folder: string): Promise<RecordedTrack[]> {
  const report = await readReport(folder);
  if (!report) throw new Error(`${folder} has no report.json: it is no finished recording.`);
  const tracks = await Promise.all(
    Object.entries(report.tracks).map(async ([name, { type, origin, metadata }]) => {
      const path = join(folder, name);
      const span = await spanOf(path);
      return span && { path, kind: type, origin, screenshare: isScreenshare(type, metadata), ...span };
    }),
  );
  const readable = tracks.filter((track) => track !== undefined).sort((a, b) => a.start - b.start);
  if (readable.length === 0) throw new Error(`${folder} has no track that can be read.`);
  return bridge(readable);
}

/** First and last frame; files that are only ever appended to do not say it in front. */
async function spanOf(path: string): Promise<{ start: number; end: number } | undefined> {
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
  const { stdout } = await run('ffprobe', args, { maxBuffer: 2 ** 30 });
  const times = stdout.split('\n').map(Number.parseFloat);
  const known = times.filter((time) => !Number.isNaN(time));
  const [start] = known;
  const end = known.at(-1);
  return start === undefined || end === undefined || end <= start ? undefined : { start, end };
}

/** What goes on in another file ends where that begins, so that its tile stays. */
function bridge(tracks: readonly RecordedTrack[]): RecordedTrack[] {
  return tracks.map((track, index) => {
    const next = tracks.slice(index + 1).find(({ kind, origin, screenshare, start }) => {
      const follows = start >= track.end && start - track.end < bridged;
      return follows && kind === track.kind && origin === track.origin && screenshare === track.screenshare;
    });
    return next && track.kind === 'video' ? { ...track, end: next.start } : track;
  });
}
