/** A client sent malformed JSON; its peer crashes (docs/contracts/fishjam-sockets.md 10). */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}
