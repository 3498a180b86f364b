import { commandOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';

const limit = { maxBuffer: 64 * 1024 * 1024 };

/** Times in seconds of all frames that a player decodes of a stream. @param playlist path or URL */
export async function frameTimes(playlist: string): Promise<number[]> {
  const shown = ['-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await commandOutput('ffprobe', ['-v', 'quiet', ...shown, playlist], limit);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]));
}

/** What a player complains about when it decodes all of a stream. @param playlist path or URL */
export async function complaints(playlist: string): Promise<string> {
  // times as they are: those of another frame rate than the first would be rounded to the same
  const times = ['-fps_mode:v', 'passthrough', '-enc_time_base:v', '-1'];
  return (await commandOutput('ffmpeg', ['-v', 'error', '-i', playlist, ...times, '-f', 'null', '-'], limit)).stderr;
}

/** The playlist of a recording, once it is closed. */
export async function closedPlaylist(url: string): Promise<string> {
  let playlist = '';
  await eventually('the playlist is closed', async () => {
    playlist = await (await fetch(url)).text();
    return playlist.endsWith('#EXT-X-ENDLIST\n');
  });
  return playlist;
}

/** Seconds that a frame lasts at most, whatever the machine has no time for: as long as a part, and a little as times are rounded. */
const maxFrameLength = 0.21;

/**
 * Whether there is a frame for each moment.
 * @param duration listed, in s. @param holes where something is missing, and the playlist says so
 */
export function isWhole(times: readonly number[], duration: number, holes = 0): boolean {
  const lengths = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const usual = lengths.filter((length) => length > 0 && length <= maxFrameLength);
  const shown = usual.reduce((sum, length) => sum + length, 0);
  const unknown = 1 + lengths.length - usual.length;
  // a short hole looks like a frame that lasts longer
  return (
    unknown <= 1 + holes && shown <= duration + holes * maxFrameLength && shown >= duration - unknown * maxFrameLength
  );
}
