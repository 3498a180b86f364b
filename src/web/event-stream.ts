import { Readable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { RoomEvent } from '../room/room-event.ts';
import type { RoomEvents } from '../room/room-events.ts';

export interface EventStreamOptions {
  readonly events: RoomEvents;
  readonly roomId: string;
  readonly clock: Clock;
}

/** Interval of heartbeats, in ms: proxies close idle connections. */
const heartbeatInterval = 15_000;
/** Maximum of bytes that are queued for a browser that does not read. */
const maxBacklog = 1_000_000;

/**
 * The events of one room from now on, as Server-Sent Events (HTML standard, section 9.2). It ends with `close()`, when the reader
 * closes it, and when the reader does not read.
 */
export class EventStream {
  readonly readable: Readable;
  readonly #unsubscribe: () => void;
  readonly #clock: Clock;
  #cancelHeartbeat: () => void = () => undefined;

  constructor({ events, roomId, clock }: EventStreamOptions) {
    this.#clock = clock;
    this.readable = new Readable({ read() {} });
    this.#unsubscribe = events.subscribe((event) => {
      if (event.roomId === roomId) this.#write(`data: ${JSON.stringify(describe(event))}\n\n`);
    });
    this.readable.once('close', () => this.#release());
    this.#beat();
  }

  /** Idempotent. */
  close(): void {
    this.#release();
    if (!this.readable.destroyed) this.readable.push(null);
  }

  /** The first heartbeat also tells the browser that the stream is open. */
  #beat(): void {
    this.#write(':\n\n');
    this.#cancelHeartbeat = this.#clock.schedule(heartbeatInterval, () => this.#beat());
  }

  #write(text: string): void {
    if (this.readable.readableLength > maxBacklog) this.readable.destroy();
    else this.readable.push(text);
  }

  #release(): void {
    this.#unsubscribe();
    this.#cancelHeartbeat();
  }
}

/** An event as backends know it: by its name in the notifications' protocol. */
function describe({ type, ...content }: RoomEvent): Record<string, unknown> {
  return { name: type.charAt(0).toUpperCase() + type.slice(1), ...content };
}
