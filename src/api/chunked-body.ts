import type { IncomingMessage } from 'node:http';

/** Average length, in bytes, below which the pieces of a body cost more than the bytes, and how many may be shorter. */
const minAverage = 256;
const maxShort = 300;

/**
 * Closes the connection of a request whose body does not say how long it is, when it exceeds a length or comes in tiny pieces: it may
 * never end, and a piece of one byte costs as much as a long one. To be called right before the body is read.
 * @param maxLength in bytes
 */
export function limitChunkedBody(request: IncomingMessage, maxLength: number): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  let [length, pieces] = [0, 0];
  request.on('data', (piece: Buffer) => {
    length += piece.length;
    pieces += 1;
    if (length > maxLength || pieces > maxShort + length / minAverage) request.destroy();
  });
}
