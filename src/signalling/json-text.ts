/** A client sent malformed JSON; its peer crashes (docs/contracts/fishjam-sockets.md 10). */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}

/** Parses the JSON text of a client. @throws MalformedEventError when it is not JSON */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedEventError('Media event is not JSON', { cause });
  }
}
