// What the first version left of sessions: journals in `.sessions`, hidden folders in which files were written, and manifests beside the files.
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { removeEmpty, undefinedIfMissing, withoutMark } from '../storage/atomic-file.ts';
import { foldersIn, type Stray } from '../storage/media-kind.ts';
import { type MediaManifest, manifestName, parseManifest, readManifest } from '../storage/media-manifest.ts';

const workingPrefix = '.recording-';
/** Time without a change after which a file or a journal is abandoned, in ms. */
const abandonedAfter = 60_000;

const JournalSchema = z.object({
  /** Name of the directory. */
  directory: z.string(),
  /** Name of the file there. */
  file: z.string(),
  roomId: z.string(),
  startedAt: z.number(),
  metadata: z.record(z.string(), z.unknown()),
  finalized: z.boolean(),
});

/** Reads a journal. @param age time since it was written, in ms @returns undefined when it is invalid */
export function earlierJournal(value: unknown, age: number): Omit<MediaManifest, 'kind'> | undefined {
  const { data } = JournalSchema.safeParse(value);
  const isName = (text: string) => text !== '' && text === basename(text) && !text.startsWith('.');
  if (!data || !isName(data.directory) || !isName(data.file)) return undefined;
  const { directory, roomId, startedAt, ...details } = data;
  // It was rewritten every 15 s while its server was alive.
  const owner = age > abandonedAfter ? {} : { owner: { id: '', host: 'of the first version', process: '' } };
  return { version: 2, state: 'recording', files: {}, roomId, startedAt, folder: directory, details, ...owner };
}

/** Moves files that a crash has left in working folders to their directory, without replacing other files. */
export async function adoptWorkingFolders(directory: string, now: number): Promise<void> {
  for (const folder of await workingFolders(directory)) {
    if (!(await isAbandoned(folder, now))) continue;
    for (const name of await readdir(folder)) {
      if (withoutMark(name).endsWith('.mp4')) await rename(join(folder, name), await freePath(directory, name));
    }
    await removeEmpty(folder);
  }
}

/** Finds media of sessions without a manifest of the current version. @param root folder of all directories */
export async function earlierSessions(
  root: string,
  { known, isFirst, now }: { known: ReadonlySet<string>; isFirst: boolean; now: number },
): Promise<Stray[]> {
  const found: Stray[] = [];
  for (const roomId of await foldersIn(root)) {
    const folder = join(root, roomId);
    if (roomId.startsWith('.')) continue;
    const handedOver = isFirst ? await earlierManifest(folder) : undefined;
    if (handedOver) found.push(handedOver);
    if (known.has(folder)) continue;
    for (const working of await workingFolders(folder)) {
      const [part] = await readdir(working);
      if (part === undefined || !(await isAbandoned(working, now))) continue;
      const details = { file: basename(await freePath(folder, withoutMark(part))), finalized: true };
      found.push({ roomId, startedAt: now, folder, details });
    }
  }
  return found;
}

async function earlierManifest(folder: string): Promise<Stray | undefined> {
  const path = join(folder, manifestName);
  const manifest = parseManifest((await readManifest(path))?.value, 'session');
  if (!manifest) return undefined;
  const { version: _, kind: __, ...rest } = manifest;
  return { ...rest, details: {}, folder, onTaken: () => rm(path, { force: true }) };
}

/** A free name: two recordings of a room that start within the same second have the same name, and neither replaces the other. */
async function freePath(directory: string, name: string): Promise<string> {
  const taken = new Set((await readdir(directory)).map(withoutMark));
  const whole = withoutMark(name);
  let free = whole;
  for (let count = 2; taken.has(free); count += 1) free = `${basename(whole, '.mp4')}-${count}.mp4`;
  return join(directory, `${free}${name.slice(whole.length)}`);
}

async function workingFolders(directory: string): Promise<string[]> {
  return (await foldersIn(directory)).flatMap((name) =>
    name.startsWith(workingPrefix) ? [join(directory, name)] : [],
  );
}

async function isAbandoned(folder: string, now: number): Promise<boolean> {
  const changes = (await readdir(folder)).map(
    async (name) => (await stat(join(folder, name)).catch(undefinedIfMissing))?.mtimeMs ?? 0,
  );
  return (await Promise.all(changes)).every((change) => now - change > abandonedAfter);
}
