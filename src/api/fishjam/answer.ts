import { z } from 'zod';

/** Application errors; the framework's have an object in place of the string. */
export const ErrorAnswer = z
  .object({ errors: z.string().describe('Error details').meta({ example: 'Invalid token' }) })
  .meta({ id: 'Error', title: 'Error', description: 'Error message' });

/** An answer with a JSON body, for the description of a route. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** An answer of plain text. It goes out without a content type, like the reference's. */
export function text(description: string) {
  return { description, content: { 'text/plain': { schema: z.string() } } };
}

/** An answer that is a file. */
export function file(description: string) {
  return {
    description,
    content: {
      'application/vnd.apple.mpegurl': { schema: FileContent },
      'application/octet-stream': { schema: FileContent },
    },
  };
}

const FileContent = z.any().meta({
  id: 'HlsResponse',
  title: 'HlsResponse',
  description: 'Requested file: playlists have a content type, other files have none',
  type: 'string',
  format: 'binary',
});

/** An answer without a body. */
export const empty = (description: string) => z.undefined().describe(description);

export const error = (description: string) => json(ErrorAnswer, description);

export const unauthorized = { 401: error('Unauthorized') };

/** For the description: routes behind the token. */
export const security = [{ authorization: [] as string[] }];
