import { Readable } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { RoomEvent } from '../room/room-event.ts';
import type { RoomEvents } from '../room/room-events.ts';

export interface EventStreamOptions {
  readonly events: RoomEvents;
  readonly roomId: string;
  readonly clock: Clock;
}

/** A comment, for proxies: they close idle connections. */
const heartbeat = ':\n\n';
/** Ms. */
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
  readonly #heartbeat: Interval;

  constructor({ events, roomId, clock }: EventStreamOptions) {
    this.readable = new Readable({ read() {} });
    this.#unsubscribe = events.subscribe((event) => {
      if (event.roomId === roomId) this.#write(`data: ${JSON.stringify(describe(event))}\n\n`);
    });
    this.readable.once('close', () => this.#release());
    // The first one also tells the browser that the stream is open.
    this.#write(heartbeat);
    this.#heartbeat = new Interval(clock, heartbeatInterval, () => this.#write(heartbeat));
  }

  /** Idempotent. */
  close(): void {
    this.#release();
    if (!this.readable.destroyed) this.readable.push(null);
  }

  #write(text: string): void {
    if (this.readable.readableLength > maxBacklog) this.readable.destroy();
    else this.readable.push(text);
  }

  #release(): void {
    this.#unsubscribe();
    void this.#heartbeat.close();
  }
}

/** An event as backends know it: by its name in the notifications' protocol. */
function describe({ type, ...content }: RoomEvent): Record<string, unknown> {
  return { name: type.charAt(0).toUpperCase() + type.slice(1), ...content };
}
