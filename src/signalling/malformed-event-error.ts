/** A client sent something that is no JSON where JSON belongs; its peer crashes (docs/contracts/fishjam-sockets.md 10). */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}
