import type { IncomingHttpHeaders } from 'node:http';
import type { HlsResource, LiveFiles } from '../../component/hls/hls-content.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { PlaylistRequest } from './playlist-request.ts';

/** Of playlists. Media has no type: docs/contracts/fishjam-rest.md 9.2. */
export const playlistHeaders = { 'content-type': 'application/vnd.apple.mpegurl', vary: 'accept-encoding' } as const;

/**
 * What is in memory. @returns undefined when it has to be looked for on disk
 * @throws ShoalError fileNotFound, playlistTooFarAhead, playlistLate
 */
export async function findHlsResource(content: LiveFiles, asked: PlaylistRequest): Promise<HlsResource | undefined> {
  const { filename, position, whole } = asked;
  if (position) {
    const playlist = await content.playlist(filename.endsWith('_delta.m3u8') ? 'delta' : 'media', position);
    if (playlist) return playlist;
    // Without low latency nothing is waited for.
    if (position.part !== undefined) throw new ShoalError('fileNotFound');
  }
  if (!filename.endsWith('_part.m4s')) return content.file(filename) ?? content.file(whole);
  const part = await content.partialSegment(filename);
  if (!part) throw new ShoalError('fileNotFound');
  return part;
}

/** RFC 9110 section 12.5.3. */
export function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  const codings = String(headers['accept-encoding'] ?? '').split(',');
  return codings.some((coding) => /^\s*(x-)?gzip\s*(;\s*q=(1|0\.0*[1-9]).*)?$/i.test(coding));
}
