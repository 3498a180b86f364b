import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { RoomEvent } from '../room/room-event.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';

export interface RoomSeriesOptions {
  readonly rooms: RoomRegistry;
  readonly events: RoomEvents;
  readonly registry: Registry;
  readonly clock: Clock;
}

/** Interval of updates, in seconds. */
const period = 10;
/** Time for which the series of an ended room are kept, in ms. */
const retention = 60 * 60 * 1000;
/** Maximum number of ended rooms whose series are kept; those that ended first are removed first. */
const maxEndedRooms = 1000;

/**
 * The `fishjam_room…` series (docs/contracts/fishjam-sockets.md 8). Fishjam keeps the series of ended rooms for ever; here they are
 * removed after an hour, or when many rooms have ended since, so that memory and scrapes of a long-running server stay bounded.
 */
export class RoomSeries {
  readonly #options: RoomSeriesOptions;
  readonly #count: Gauge;
  readonly #peers: Gauge<'room_id'>;
  readonly #peerTime: Counter<'room_id'>;
  readonly #duration: Counter<'room_id'>;
  readonly #events: Readonly<Partial<Record<RoomEvent['type'], Counter<'room_id'>>>>;
  /** Monotonic time of the end by room id, in order. */
  readonly #ended = new Map<string, number>();
  readonly #unsubscribe: () => void;
  readonly #interval: Interval;

  constructor(options: RoomSeriesOptions) {
    this.#options = options;
    const registers = [options.registry];
    const ofRoom = (name: string, help: string) => ({ name, help, labelNames: ['room_id'] as const, registers });
    const events = (name: string) => `Number of ${name} events emitted during the lifetime of a given room`;
    this.#count = new Gauge({ name: 'fishjam_rooms', help: 'Number of rooms currently present in Fishjam', registers });
    this.#peers = new Gauge(ofRoom('fishjam_room_peers', 'Number of peers currently present in a given room'));
    this.#peerTime = new Counter(
      ofRoom('fishjam_room_peer_time_total_seconds', 'Total peer time accumulated for a given room (seconds)'),
    );
    this.#duration = new Counter(ofRoom('fishjam_room_duration_seconds', 'Duration of a given room (seconds)'));
    this.#events = {
      peerConnected: new Counter(ofRoom('fishjam_room_peer_connects_total', events('PeerConnected'))),
      peerDisconnected: new Counter(ofRoom('fishjam_room_peer_disconnects_total', events('PeerDisconnected'))),
      peerCrashed: new Counter(ofRoom('fishjam_room_peer_crashes_total', events('PeerCrashed'))),
    };
    this.#unsubscribe = options.events.subscribe((event) => this.#on(event));
    this.#interval = new Interval(options.clock, period * 1000, () => this.#look());
  }

  /** Idempotent. */
  close(): void {
    this.#unsubscribe();
    void this.#interval.close();
  }

  #look(): void {
    const rooms = this.#options.rooms.list();
    this.#count.set(rooms.length);
    for (const room of rooms) {
      const labels = { room_id: room.id };
      this.#peers.set(labels, room.peers.size);
      this.#peerTime.inc(labels, period * room.peers.size);
      this.#duration.inc(labels, period);
    }
    this.#forget();
  }

  #on(event: RoomEvent): void {
    const labels = { room_id: event.roomId };
    if (event.type === 'roomCreated') this.#ended.delete(event.roomId);
    this.#events[event.type]?.inc(labels);
    if (event.type === 'roomDeleted' || event.type === 'roomCrashed') {
      this.#peers.set(labels, 0);
      this.#ended.set(event.roomId, this.#options.clock.monotonic());
      this.#forget();
    }
  }

  #forget(): void {
    const now = this.#options.clock.monotonic();
    for (const [roomId, endedAt] of this.#ended) {
      if (this.#ended.size <= maxEndedRooms && now - endedAt < retention) break;
      this.#ended.delete(roomId);
      const series = [this.#peers, this.#peerTime, this.#duration, ...Object.values(this.#events)];
      for (const one of series) one.remove({ room_id: roomId });
    }
  }
}
