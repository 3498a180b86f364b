import { createHash } from 'node:crypto';
import type { Room, RoomMedia } from '../room/room.ts';
import type { RoomRegistry } from '../room/room-registry.ts';

/** Maximum length of the name of a folder, in characters: names of files begin with it, and may have 255. */
const maxLength = 200;
const hashLength = 10;

/**
 * The name of a folder that is named after an id. Names that are too long for a file system are cut and get a hash, so that they stay distinct.
 * @param safe the id without characters that are not safe in a path
 */
export function folderName(id: string, safe = id): string {
  if (safe.length <= maxLength) return safe;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, hashLength);
  return `${safe.slice(0, maxLength - hashLength - 1)}-${hash}`;
}

/** Finds the room that a folder is named after. */
export function roomOfFolder<M extends RoomMedia>(rooms: RoomRegistry<M>, name: string): Room<M> | undefined {
  const isCut = name.length === maxLength;
  return rooms.find(name) ?? (isCut ? rooms.list().find(({ id }) => folderName(id) === name) : undefined);
}
