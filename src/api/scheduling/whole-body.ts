import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { limitChunkedBody } from '../chunked-body.ts';

/** Length of a body of unknown length that is read until its end, for nothing, in bytes. */
const maxChunked = 16_000_000;

/**
 * Reads the body of a request of any method to its end, so that the client is there for the response.
 * @param maxLength in bytes
 * @returns undefined when it is longer
 * @throws when the client is gone before its end
 */
export async function readWholeBody(request: IncomingMessage, maxLength: number): Promise<Buffer | undefined> {
  limitChunkedBody(request, maxChunked);
  const pieces: Buffer[] = [];
  let length = 0;
  return await new Promise((resolve, reject) => {
    finished(request, { writable: false }, (error) => {
      if (error) return reject(error);
      resolve(length > maxLength ? undefined : Buffer.concat(pieces));
    });
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > maxLength) pieces.length = 0;
      else pieces.push(piece);
    });
  });
}
