import type { CloseCause, PeerConnection } from '../../src/room/peer.ts';
import { Room } from '../../src/room/room.ts';
import type { RoomConfig } from '../../src/room/room-config.ts';
import type { RoomEvent } from '../../src/room/room-event.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** A connection that remembers why it was closed. */
export class RecordedConnection implements PeerConnection {
  readonly closes: { cause: CloseCause; reason: string }[] = [];

  close(cause: CloseCause, reason = ''): void {
    this.closes.push({ cause, reason });
  }
}

export function roomConfig(config: Partial<RoomConfig> = {}): RoomConfig {
  return {
    roomId: 'room',
    maxPeers: null,
    videoCodec: null,
    webhookUrl: null,
    peerlessPurgeTimeout: null,
    peerDisconnectedTimeout: null,
    ...config,
  };
}

/** A room whose clock, events and sockets the test controls. */
export function createRoom(config: Partial<RoomConfig> = {}) {
  const clock = new HeldClock();
  const events = new RoomEvents();
  const heard: RoomEvent[] = [];
  events.subscribe((event) => heard.push(event));
  const purges: number[] = [];
  const media = { closed: false, close: () => Object.assign(media, { closed: true }) };
  const room = new Room({ config: roomConfig(config), media, events, clock, onPurge: () => purges.push(clock.now()) });
  return { room, clock, events, heard, purges, media, names: () => heard.map(({ type }) => type) };
}
