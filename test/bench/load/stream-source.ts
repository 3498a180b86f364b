import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOutput } from '../../command-output.ts';

/** Writes a test picture where File components look for it. @returns the name of the file */
export async function writeStreamSource(resources: string, seconds: number): Promise<string> {
  const folder = join(resources, 'file_component_sources');
  await mkdir(folder, { recursive: true });
  const input = ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=24', '-t', String(seconds)];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline', '-g', '48', '-b:v', '800k'];
  await commandOutput('ffmpeg', ['-v', 'error', ...input, ...codec, join(folder, 'stream.h264')]);
  return 'stream.h264';
}

/** @param share from 0 to 1 @throws RangeError without values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError('There is no quantile of nothing.');
  return value;
}
