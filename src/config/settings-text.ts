import type { z } from 'zod';
import { StartError } from '../error/start-error.ts';

/**
 * Reads JSON that an operator wrote.
 * @param what its name, for messages
 * @throws StartError with the line of the mistake. The parser's own message shows a part of the text, which may be a key
 */
export function parseSettings(text: string, what: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
    throw new StartError(`${what} is no valid JSON${line === undefined ? '' : `: see line ${line}`}.`);
  }
}

/** @param what its name, for messages @throws StartError with the place of what is wrong, and without its value */
export function checkSettings<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  what: string,
): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as z.output<Schema>;
  const [issue] = error.issues;
  throw new StartError(`${what} is wrong at ${placeOf(issue?.path ?? [])}: ${issue?.message}.`);
}

/** `accounts[1].name`, or `its top`. */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return place.replace(/^\./, '') || 'its top';
}
