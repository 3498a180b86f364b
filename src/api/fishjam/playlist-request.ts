import type { PlaylistPosition } from '../../component/hls/hls-content.ts';
import { FrameworkError } from '../framework-error.ts';
import type { Members } from '../request-body.ts';

/** A request for a file of a stream, with the delivery directives of RFC 8216bis section 6.2.5. */
export interface PlaylistRequest {
  /** What is asked for: the delta of a playlist where that was wished. */
  readonly filename: string;
  /** The name as it came. */
  readonly whole: string;
  /** What the answer has to wait for. */
  readonly position: PlaylistPosition | undefined;
}

/** docs/contracts/fishjam-rest.md 9.1. @throws FrameworkError 400 */
export function readPlaylistRequest(whole: string, query: Members): PlaylistRequest {
  // Any value asks for the delta playlist.
  const filename = Object.hasOwn(query, '_HLS_skip') ? whole.replace(/\.m3u8$/, '_delta.m3u8') : whole;
  return { filename, whole, position: readPosition(whole, query) };
}

function readPosition(name: string, { _HLS_msn: segment, _HLS_part: part }: Members): PlaylistPosition | undefined {
  if (segment !== undefined && part !== undefined) return { segment: toNumber(segment), part: toNumber(part) };
  // One of them alone means something for media playlists only.
  if (!name.endsWith('.m3u8')) return undefined;
  if (part !== undefined) throw new FrameworkError(400);
  if (segment === undefined || name === 'index.m3u8') return undefined;
  return { segment: toNumber(segment) };
}

function toNumber(value: unknown): number {
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) throw new FrameworkError(400);
  return Number(value);
}
