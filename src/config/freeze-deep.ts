import { Secret } from './secret.ts';

/** Freezes plain objects and arrays all the way down; sets and secrets are read-only by their types. */
export function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Secret || value instanceof Set) return value;
  for (const member of Object.values(value)) freezeDeep(member);
  return Object.freeze(value);
}
