/** A client sent something that is no JSON where JSON belongs; its peer crashes (fishjam-sockets, section 10). */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}
