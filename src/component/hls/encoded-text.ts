import { gzipSync } from 'node:zlib';
import type { HlsResource } from './hls-content.ts';

/** A text that is sent to every viewer. */
export type EncodedText = Required<Pick<HlsResource, 'body' | 'gzip'>>;

/** Encodes a text once, and compresses it once, on the first request for that. */
export function encodedText(text: string | Buffer): EncodedText {
  const body = typeof text === 'string' ? Buffer.from(text) : text;
  let compressed: Buffer | undefined;
  return {
    body,
    gzip: () => {
      compressed ??= gzipSync(body, { level: 4 });
      return compressed;
    },
  };
}
