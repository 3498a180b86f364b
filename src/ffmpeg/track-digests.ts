import { createHash, type Hash } from 'node:crypto';
import { type RunToEndOptions, runToEnd } from './run-to-end.ts';

/** What the packets of a track are, without decoding them. */
export interface TrackDigest {
  readonly packets: number;
  /** Of the bytes of all packets, in order. */
  readonly digest: string;
  /** Where the last packet ends, in seconds. */
  readonly end: number;
}

/**
 * Reads all of a media file, as a player would, to say what is in it. Tracks without a packet are left out.
 * @throws ProcessError when it cannot be read; the signal's reason
 */
export async function trackDigests(
  path: string,
  options: Pick<RunToEndOptions, 'logger' | 'signal'> = {},
): Promise<TrackDigest[]> {
  const entries = 'packet=stream_index,pts_time,duration_time,data_hash';
  const args = ['-v', 'error', '-show_data_hash', 'crc32', '-show_entries', entries, '-of', 'csv=p=0', path];
  const tracks = new Map<number, { hash: Hash; packets: number; end: number }>();
  const onLine = (line: string) => {
    const [index, time, duration, checksum] = line.split(',');
    // side data of a packet has a line of its own
    if (checksum === undefined) return;
    const track = tracks.get(Number(index)) ?? { hash: createHash('sha256'), packets: 0, end: 0 };
    tracks.set(Number(index), track);
    track.packets += 1;
    track.hash.update(checksum);
    track.end = Math.max(track.end, (Number(time) || 0) + (Number(duration) || 0));
  };
  await runToEnd({ ...options, name: 'track-digests', program: 'ffprobe', args, onLine });
  const sorted = [...tracks].sort(([a], [b]) => a - b);
  return sorted.map(([, { packets, hash, end }]) => ({ packets, digest: hash.digest('hex'), end }));
}
