import { createHash, type Hash } from 'node:crypto';
import { runToEnd } from './run-to-end.ts';

/** What the packets of a track are, without decoding them. */
export interface TrackDigest {
  readonly packets: number;
  /** Of the bytes of all packets, in order. */
  readonly digest: string;
  /** Where the last packet ends, in seconds. */
  readonly end: number;
}

interface Track {
  /** Seconds of a tick. */
  readonly tick: number;
  readonly hash: Hash;
  packets: number;
  end: number;
}

/**
 * Reads all of a media file, as a player would, to say what is in it.
 * @param path absolute @throws ProcessError when ffmpeg cannot be started or fails
 */
export async function trackDigests(path: string): Promise<TrackDigest[]> {
  const input = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-i', path];
  const args = [...input, '-map', '0', '-c', 'copy', '-f', 'framecrc', 'pipe:1'];
  const tracks = new Map<string, Track>();
  await runToEnd({ name: 'track digests', program: 'ffmpeg', args, onLine: (line) => take(tracks, line) });
  return [...tracks.values()].map(({ packets, hash, end }) => ({ packets, digest: hash.digest('hex'), end }));
}

/** A line of ffmpeg's `framecrc`: `#tb 0: 1/90000`, or track, decoding time, time, duration, size and checksum of a packet. */
function take(tracks: Map<string, Track>, line: string): void {
  const [, id = '', numerator, denominator] = /^#tb (\d+): (\d+)\/(\d+)$/.exec(line) ?? [];
  if (numerator !== undefined) {
    const tick = Number(numerator) / Number(denominator);
    tracks.set(id, { tick, hash: createHash('sha256'), packets: 0, end: 0 });
  }
  const [track = '', , time, duration, size, checksum] = line.split(',').map((field) => field.trim());
  const known = tracks.get(track);
  if (!known || checksum === undefined) return;
  known.packets += 1;
  known.hash.update(`${size} ${checksum} `);
  known.end = Math.max(known.end, (Number(time) + Number(duration)) * known.tick);
}
