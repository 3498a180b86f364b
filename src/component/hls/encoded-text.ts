import { gzipSync } from 'node:zlib';
import type { HlsResource } from './hls-content.ts';

/** A text that is sent to every viewer: encoded once, and compressed once, on the first request for that. */
export function encodedText(text: string): Required<Pick<HlsResource, 'body' | 'gzip'>> {
  const body = Buffer.from(text);
  let compressed: Buffer | undefined;
  return {
    body,
    gzip: () => {
      compressed ??= gzipSync(body, { level: 4 });
      return compressed;
    },
  };
}
