import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a command writes, once it has ended. @throws when it fails, with what it wrote and its code */
export const commandOutput = promisify(execFile);

/** What ffmpeg writes to its standard output. */
export async function ffmpegOutput(args: readonly string[]): Promise<Buffer> {
  const { stdout } = await commandOutput('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args], {
    encoding: 'buffer',
    maxBuffer: 2 ** 30,
  });
  return stdout;
}
