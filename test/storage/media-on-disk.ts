import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Lease } from '../../src/storage/lease.ts';
import type { MediaKind } from '../../src/storage/media-kind.ts';
import {
  type MediaManifest,
  manifestName,
  type NewManifest,
  parseManifest,
  readManifest,
} from '../../src/storage/media-manifest.ts';
import { StoredMedia } from '../../src/storage/stored-media.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** The manifest at a path, or in a folder. */
export async function manifestAt(path: string): Promise<MediaManifest | undefined> {
  const file = path.endsWith('.json') ? path : join(path, manifestName);
  return parseManifest((await readManifest(file))?.value, 'recording');
}

/** All manifests in a folder of manifests. */
export async function manifestsIn(folder: string): Promise<MediaManifest[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const manifests = await Promise.all(names.sort().map((name) => manifestAt(join(folder, name))));
  return manifests.filter((manifest) => manifest !== undefined);
}

/** Media that needs nothing to be finished, in folders of rooms; a test changes what it is about. */
export function plainMedia(root: string, changes: Partial<MediaKind> = {}): MediaKind {
  return {
    ...{ name: 'recording', title: 'A recording', root },
    traits: (name) => ({ last: name === 'report.json', appended: name.endsWith('.mkv') }),
    finish: async () => undefined,
    ...changes,
  };
}

/** A medium of the test, in a folder that exists. */
export async function madeMedia(
  folder: string,
  manifest: Partial<NewManifest> = {},
  kind = plainMedia(dirname(dirname(folder))),
): Promise<StoredMedia> {
  const lease = await Lease.open(new HeldClock());
  return await StoredMedia.create(
    kind,
    join(folder, manifestName),
    { roomId: 'room', startedAt: 0, ...manifest },
    lease,
  );
}
