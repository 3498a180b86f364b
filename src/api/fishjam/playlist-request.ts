import type { PlaylistPosition } from '../../component/hls/stream-progress.ts';
import { FrameworkError } from '../framework-error.ts';

/** A request for a file of a stream, with the delivery directives of RFC 8216bis section 6.2.5. */
export interface PlaylistRequest {
  /** What is asked for: the delta of a playlist where that was wished. */
  readonly filename: string;
  /** The name as it came. */
  readonly whole: string;
  /** What the reply has to wait for. */
  readonly position: PlaylistPosition | undefined;
}

/** The query of a request for a file. */
export interface DeliveryDirectives {
  readonly _HLS_msn?: number | null | undefined;
  readonly _HLS_part?: number | null | undefined;
  readonly _HLS_skip?: string | null | undefined;
}

/** docs/contracts/fishjam-rest.md 9.1. @throws FrameworkError 400 */
export function readPlaylistRequest(whole: string, query: DeliveryDirectives): PlaylistRequest {
  // Any value asks for the delta playlist.
  const filename = query._HLS_skip === undefined ? whole : whole.replace(/\.m3u8$/, '_delta.m3u8');
  return { filename, whole, position: readPosition(whole, query) };
}

function readPosition(name: string, directives: DeliveryDirectives): PlaylistPosition | undefined {
  const { _HLS_msn: segment, _HLS_part: part } = directives;
  if (typeof segment === 'number' && typeof part === 'number') return { segment, part };
  // One of them alone means something for media playlists only.
  if (!name.endsWith('.m3u8')) return undefined;
  if (typeof part === 'number') throw new FrameworkError(400);
  if (typeof segment !== 'number' || name === 'index.m3u8') return undefined;
  return { segment };
}
