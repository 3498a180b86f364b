import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { unfinishedSuffix } from '../../src/storage/atomic-file.ts';
import { type CompositionOptions, compose } from './composition.ts';
import { readTracks } from './recorded-track.ts';

/**
 * Makes one film of the tracks of a finished recording, in its folder: `room.mp4`.
 * @param onProgress gets the share that is done, from 0 to 1
 * @returns the path of the film. @throws Error when there is one already, the recording cannot be read, or ffmpeg fails
 */
export async function composeRecording(
  folder: string,
  onProgress: (share: number) => void,
  options: CompositionOptions,
): Promise<string> {
  const path = join(folder, 'room.mp4');
  if (existsSync(path)) throw new Error(`${path} exists already.`);
  const unfinished = `${path}${unfinishedSuffix}`;
  const { args, duration } = compose(await readTracks(folder), options, unfinished);
  try {
    await runFfmpeg(args, (time) => onProgress(time / duration));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return path;
}

/** @param onTime gets seconds of the film that are made */
async function runFfmpeg(args: readonly string[], onTime: (time: number) => void): Promise<void> {
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const micros = /^out_time_us=(\d+)$/.exec(line)?.[1];
    if (micros !== undefined) onTime(Number(micros) / 1e6);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${words.trim()}`);
}
