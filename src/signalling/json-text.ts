import { MalformedEventError } from './malformed-event-error.ts';

/** @throws MalformedEventError when the text of a client is no JSON. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedEventError('Media event is not JSON', { cause });
  }
}
