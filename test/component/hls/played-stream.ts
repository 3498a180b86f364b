import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const limit = { maxBuffer: 64 * 1024 * 1024 };

/** Times in seconds of all pictures that a player decodes of a stream. @param playlist path or URL */
export async function pictureTimes(playlist: string): Promise<number[]> {
  const shown = ['-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'quiet', ...shown, playlist], limit);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number.parseFloat(line)]));
}

/** What a player complains about when it decodes all of a stream. @param playlist path or URL */
export async function complaints(playlist: string): Promise<string> {
  return (await run('ffmpeg', ['-v', 'error', '-i', playlist, '-f', 'null', '-'], limit)).stderr;
}

/** Whether there are as many pictures as there should be; half of them where a busy machine halved the rate. @param duration listed, in s */
export function isWhole(times: readonly number[], duration: number, frameRate: number): boolean {
  return times.length <= duration * frameRate + 1 && times.length >= (duration * frameRate) / 2 - 1;
}
