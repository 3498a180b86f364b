import { type RunToEndOptions, runToEnd } from './run-to-end.ts';

/**
 * Counts the packets of each track of a media file, reading all of it.
 * @throws ProcessError when it cannot be read; the signal's reason
 */
export async function packetCounts(
  path: string,
  options: Pick<RunToEndOptions, 'logger' | 'signal'>,
): Promise<number[]> {
  const args = ['-v', 'error', '-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', path];
  const counts: number[] = [];
  const onLine = (line: string) => counts.push(Number.parseInt(line, 10));
  await runToEnd({ ...options, name: 'packet-counts', program: 'ffprobe', args, onLine });
  return counts;
}
