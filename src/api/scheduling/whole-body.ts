import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import { finished } from 'node:stream';
import { limitChunkedBody } from '../chunked-body.ts';

/** What is read at most, for nothing when it is more than the body may have, in bytes. */
const maxRead = 16_000_000;

/**
 * Reads the body of a request of any method to its end, so that the client is there for the response. The connection of one that goes on
 * and on is closed.
 * @param maxLength in bytes
 * @returns undefined when it is longer
 * @throws when the client is gone before its end
 */
export async function readWholeBody(request: IncomingMessage, maxLength: number): Promise<Buffer | undefined> {
  limitChunkedBody(request, maxRead);
  const pieces: Buffer[] = [];
  let length = 0;
  return await new Promise((resolve, reject) => {
    finished(request, { writable: false }, (error) => {
      if (error) return reject(error);
      resolve(length > maxLength ? undefined : Buffer.concat(pieces));
    });
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > maxRead) cutOff(request);
      else if (length > maxLength) pieces.length = 0;
      else pieces.push(piece);
    });
  });
}

/** Closes the connection of a request, or its stream of HTTP/2. */
function cutOff(request: IncomingMessage): void {
  const { stream } = request as Partial<Pick<Http2ServerRequest, 'stream'>>;
  if (stream) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  else request.destroy();
}
