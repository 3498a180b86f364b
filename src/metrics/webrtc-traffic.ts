import PQueue from 'p-queue';
import { Counter, type Registry } from 'prom-client';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { PeerTransport } from '../sfu/peer-transport.ts';
import type { RoomRouter } from '../sfu/room-router.ts';

/** Interval of statistics requests, in ms. */
const period = 10_000;
/** Maximum number of concurrent statistics requests to the media workers. */
const concurrency = 32;

/**
 * The WebRTC traffic counters (docs/contracts/fishjam-sockets.md 8): every transport is read every 10 s, and once more when it closes.
 * When a worker dies, only the traffic of its transports since the last reading is lost.
 */
export class WebrtcTraffic {
  readonly #interval: Interval;
  readonly #ingress: Counter;
  readonly #egress: Counter;
  readonly #rooms = new Set<RoomRouter>();
  readonly #counted = new WeakMap<PeerTransport, { received: number; sent: number }>();
  readonly #questions = new PQueue({ concurrency });
  readonly #closing = new Set<Promise<void>>();

  constructor(options: { readonly registry: Registry; readonly clock: Clock }) {
    const registers = [options.registry];
    this.#ingress = new Counter({
      name: 'fishjam_traffic_ingress_webrtc_total_bytes',
      help: 'Total WebRTC traffic received (bytes)',
      registers,
    });
    this.#egress = new Counter({
      name: 'fishjam_traffic_egress_webrtc_total_bytes',
      help: 'Total WebRTC traffic sent (bytes)',
      registers,
    });
    this.#interval = new Interval(options.clock, period, () => this.#look());
  }

  /** Counts the traffic of a room until it closes. To be called before the room has transports. */
  watch(room: RoomRouter): void {
    this.#rooms.add(room);
    room.observer.on('transportClosing', (transport) => {
      const counting = this.#count(transport).finally(() => this.#closing.delete(counting));
      this.#closing.add(counting);
    });
  }

  /** The open transports of all rooms that are watched. */
  get transports(): PeerTransport[] {
    return [...this.#rooms].flatMap((room) => [...room.transports.values()]);
  }

  /** Waits for running statistics requests. Idempotent. */
  async close(): Promise<void> {
    this.#rooms.clear();
    await Promise.all([this.#interval.close(), ...this.#closing]);
  }

  async #look(): Promise<void> {
    for (const room of this.#rooms) if (room.closed) this.#rooms.delete(room);
    await Promise.all(this.transports.map((transport) => this.#questions.add(() => this.#count(transport))));
  }

  async #count(transport: PeerTransport): Promise<void> {
    const stats = await transport.stats().catch(() => undefined);
    if (!stats) return;
    const before = this.#counted.get(transport) ?? { received: 0, sent: 0 };
    // Responses come in the order of the requests, so the counters of one transport only grow.
    this.#ingress.inc(stats.bytesReceived - before.received);
    this.#egress.inc(stats.bytesSent - before.sent);
    this.#counted.set(transport, { received: stats.bytesReceived, sent: stats.bytesSent });
  }
}
