/** Where a request for a file of a stream leads. */
export interface StreamAddress {
  readonly roomId: string;
  readonly filename: string;
  /** Without its question mark; undefined: none. */
  readonly query: string | undefined;
}

/** The plain form in which players write paths. All others lead to the same files, in the server. */
const plainPath = /^\/hls\/([\w-]+)\/([\w-]+\.\w+)(?:\?([\w=&.~-]*))?$/;
/** Longest head of a request that is looked at, in bytes; Node's limit. */
const maxHead = 16_384;

export function readStreamPath(path: string): StreamAddress | undefined {
  const [, roomId, filename, query] = plainPath.exec(path) ?? [];
  return roomId === undefined || filename === undefined ? undefined : { roomId, filename, query };
}

/**
 * The room whose stream a connection asks for, when the bytes are one whole request of a player that will have further ones.
 * @param bytes that begin a request
 */
export function requestedStream(bytes: Buffer): string | undefined {
  if (bytes.length > maxHead || (bytes[0] !== 0x47 && bytes[0] !== 0x48)) return undefined;
  const head = bytes.toString('latin1');
  const [, path = ''] = /^(?:GET|HEAD) (\/hls\/\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
  if (path === '' || !head.endsWith('\r\n\r\n') || /\r\nconnection: *close/i.test(head)) return undefined;
  return readStreamPath(path)?.roomId;
}
