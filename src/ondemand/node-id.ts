import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, undefinedIfMissing, writeAtomically } from '../storage/atomic-file.ts';

/** The name of a server among those that share a database. It is in a file, and so the same after a restart. @param path absolute */
export async function nodeId(path: string): Promise<string> {
  const known = (await readFile(path, 'utf8').catch(undefinedIfMissing))?.trim();
  if (known) return known;
  const id = randomUUID();
  await makeFolder(dirname(path));
  await writeAtomically(path, `${id}\n`);
  return id;
}
