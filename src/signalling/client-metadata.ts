import { z } from 'zod';
import type { Metadata } from '../room/track.ts';

/**
 * Maximum nesting depth of metadata. Parsing has no limit, but writing and comparing recurse: deeper metadata would overflow
 * the stack while the other clients are notified.
 */
const maxDepth = 100;

/** Reads a client's metadata from parsed JSON. */
export const clientMetadata = z.custom<Metadata>((value) => value !== undefined && isNestedWithin(maxDepth, value));

function isNestedWithin(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isNestedWithin(depth - 1, member));
}
