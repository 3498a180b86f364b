import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '../../storage/atomic-file.ts';

/**
 * Creates the folder of a recording: docs/contracts/fishjam-config.md 4. Two in the same microsecond get different folders.
 * @param folder of all rooms @param startedAt in ms since the Unix epoch
 */
export async function makeRecordingFolder(folder: string, roomId: string, startedAt: number): Promise<string> {
  const room = join(folder, roomId);
  await makeFolder(room);
  for (let micros = 0; ; micros += 1) {
    const path = join(room, `part_${partTime(startedAt, micros)}`);
    try {
      await mkdir(path);
      await syncFolder(room);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || micros === 999) throw error;
    }
  }
}

/** UTC with microseconds. */
function partTime(time: number, micros: number): string {
  const whole = Math.floor(time);
  const digits = String(Math.floor((time - whole) * 1000) + micros).padStart(3, '0');
  return new Date(whole).toISOString().replace('T', ' ').replace('Z', `${digits}Z`);
}
