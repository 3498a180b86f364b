import { hasMoreMembers } from '../../net/json-members.ts';
import type { Parameters } from './php-parameters.ts';

/** Members and items of JSON that are parsed. */
const maxMembers = 20_000;

/** The members of a JSON object: docs/contracts/jitsi-admin.md 2. What is no JSON object has none. */
export function jsonParameters(body: Buffer): Parameters {
  const text = body.toString().replace(/^\ufeff/, '');
  const value = hasMoreMembers(text, maxMembers) ? undefined : parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return new Map(members.map(([name, member]) => [name, textOf(member)]));
}

function textOf(member: unknown): string | null {
  return typeof member === 'object' ? null : String(member).toWellFormed();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
