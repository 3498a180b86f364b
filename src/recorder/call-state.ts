import type { Endpoint } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { CallState } from './session-limits.ts';

/** Component types that publish no tracks. */
const receivers = new Set<string>(['hls', 'recording']);

/** The peers of a room, and its components that can publish. */
export function participantsOf(room: Room): Endpoint[] {
  const components = [...room.components.values()].filter(({ type }) => !receivers.has(type));
  return [...components, ...room.peers.values()];
}

/**
 * The state of a room's call. @param connected whether media of the room reaches the recorder
 * @param own endpoint that is no participant: the recorder itself
 */
export async function callState(room: Room<RoomRouter>, connected: boolean, own?: Endpoint): Promise<CallState> {
  const participants = participantsOf(room).filter((endpoint) => endpoint !== own);
  const publications = participants
    .flatMap(({ tracks }) => [...tracks.values()])
    .filter(({ simulcast }) => simulcast.disabledEncodings.length < simulcast.activeEncodings.length)
    .flatMap(({ id }) => room.media.publications.get(id) ?? [])
    .filter(({ producer }) => !producer.paused);
  const counters = await Promise.all(publications.map((publication) => publication.stats().catch(() => [])));
  const receivedBytes = counters.flat().reduce((sum, { byteCount }) => sum + byteCount, 0);
  return { occupied: participants.length > 0, muted: publications.length === 0, receivedBytes, connected };
}
