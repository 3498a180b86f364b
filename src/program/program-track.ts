import type { Endpoint } from '../room/endpoint.ts';
import type { Metadata, Track, TrackType } from '../room/track.ts';
import type { ProgramTrack } from './composer-message.ts';

/** Names of a screen share in the metadata of its track, as clients use them. */
const screenshareTypes = new Set<unknown>(['screenshare', 'screensharing']);

/** The place of a track in the program. */
export function programTrack(endpoint: Endpoint, { id, type, metadata }: Track): ProgramTrack {
  return {
    trackId: id,
    endpointId: endpoint.id,
    kind: type,
    name: displayName(endpoint.metadata),
    screenshare: isScreenshare(type, metadata),
    steady: endpoint.type === 'rtsp' || endpoint.type === 'file',
  };
}

/** Whether a track is a screen share, by its metadata. */
export function isScreenshare(type: TrackType, metadata: Metadata): boolean {
  return type === 'video' && screenshareTypes.has(member(metadata, 'type'));
}

/** The name of a participant, by its metadata; empty: none. */
export function displayName(metadata: Metadata): string {
  // Newer clients put the page's metadata into `peer`.
  const holders = [metadata, member(metadata, 'peer') ?? null];
  const names = holders.flatMap((holder) => [member(holder, 'displayName'), member(holder, 'name')]);
  return names.find((name) => typeof name === 'string' && name !== '')?.toString() ?? '';
}

function member(metadata: Metadata, name: string): Metadata | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined;
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}
