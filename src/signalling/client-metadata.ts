import { z } from 'zod';
import type { Metadata } from '../room/track.ts';

/**
 * Levels of arrays and objects that metadata may nest. Parsing knows no limit, writing and comparing do (they recurse):
 * without one a client could make the server fail while it tells the others.
 */
const maxDepth = 100;

/** Metadata of a client, from parsed JSON. */
export const clientMetadata = z.custom<Metadata>((value) => value !== undefined && isNestedWithin(maxDepth, value));

function isNestedWithin(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isNestedWithin(depth - 1, member));
}
