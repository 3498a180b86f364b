import { MalformedEventError } from './malformed-event-error.ts';

/** Parses the JSON text of a client. @throws MalformedEventError when it is not JSON */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedEventError('Media event is not JSON', { cause });
  }
}
