import { lstat, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'shoal-turn-';

/**
 * Creates a private folder for coturn's files, one of which holds its secret, and removes the folders of servers that were killed.
 * @param parent the folder in which to create it
 * @returns its path
 */
export async function makeTurnFolder(parent: string): Promise<string> {
  await removeAbandoned(parent);
  return await mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

/** Removes coturn's files, and the folder unless others have put something into it. */
export async function removeTurnFolder(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names)
    if (/^turn(server\.conf|\.db|\.pid)/.test(name)) await rm(join(path, name), { force: true });
  await rmdir(path).catch(() => undefined);
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    const path = join(parent, name);
    if (pid === undefined || (await isInUse(path, Number(pid)))) continue;
    // folders of other users stay
    await removeTurnFolder(path).catch(() => undefined);
  }
}

/** In a container every server has the same process id: a folder with our id that is older than this process is not ours. */
async function isInUse(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return isAlive(pid);
  const startedAt = Date.now() - process.uptime() * 1000;
  return ((await lstat(path).catch(() => undefined))?.ctimeMs ?? 0) >= startedAt;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
