import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { WorkerProcess } from '../process/worker-process.ts';
import type { EdgeCounts, FromEdge, ToEdge } from './edge-message.ts';
import { PassedConnections } from './passed-connections.ts';

export interface EdgeProcessOptions {
  /** Maximum memory in bytes; 0: no limit. */
  readonly maxMemory: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Everything that an edge needs when it begins, in this order. */
  readonly start: () => readonly LongMessage[];
  readonly onCounts: (counts: EdgeCounts) => void;
}

/** Made when it can be sent; undefined: it is not needed any more. */
export type LongMessage = () => ToEdge | undefined;

const program = fileURLToPath(new URL('../../workers/edge/main.ts', import.meta.url));
/** Bytes that an edge may leave unread: beyond that it is replaced, and not waited for. */
const maxUnread = 64 * 1024 * 1024;
/** Time for what is being sent to viewers, in ms. */
const finishTimeout = 2000;

/** One process that serves viewers of HLS. */
export class EdgeProcess {
  readonly #process: WorkerProcess<ToEdge, FromEdge>;
  readonly #connections: PassedConnections;
  /** Whether the current process has got its first messages. */
  #begun = false;
  #serving = false;
  #viewers = 0;
  #later: LongMessage[] = [];
  #sendingLater = false;

  constructor({ maxMemory, logger, clock, start, onCounts }: EdgeProcessOptions) {
    this.#connections = new PassedConnections(clock, () => this.#replace());
    const stop: ToEdge = { type: 'stop' };
    const process = new WorkerProcess<ToEdge, FromEdge>({
      ...{ name: 'edge', program, stop, maxMemory, logger, clock, takesSockets: true, finishTimeout },
    });
    this.#process = process;
    process.observer.on('message', (message) => {
      if (message.type === 'ready') this.#begin(start);
      else if (message.type === 'serving') this.#serve();
      else {
        this.#viewers = message.connections;
        onCounts(message);
      }
    });
    process.observer.on('lost', (loss) => {
      logger.warn(loss, 'A process that serves HLS viewers was lost and is replaced.');
      this.#end();
    });
    process.observer.on('failed', (err) =>
      logger.error({ err }, 'A process that serves HLS viewers cannot be started.'),
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get restarts(): number {
    return this.#process.restarts;
  }

  get serving(): boolean {
    return this.#serving;
  }

  /** Whether it takes connections now. */
  get open(): boolean {
    return this.#serving && this.#connections.open;
  }

  /** Connections of viewers, some of which may have ended. */
  get viewers(): number {
    return this.#viewers;
  }

  /** @param frame of a message. It is dropped while the edge begins, which gets everything then */
  send(frame: Buffer): void {
    if (!this.#begun) return;
    this.#process.sendFrame(frame);
    if (this.#process.unread <= maxUnread) return;
    this.#replace();
  }

  /** Sends what is so long that the edge is to have read everything before it. */
  sendLater(...messages: LongMessage[]): void {
    if (!this.#begun) return;
    this.#later.push(...messages);
    if (!this.#sendingLater) void this.#sendLater();
  }

  pass(socket: Socket, bytes: Buffer, giveBack: () => void): void {
    this.#viewers += 1;
    this.#connections.pass(socket, bytes, giveBack);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#end();
    await this.#process.close();
  }

  #begin(start: EdgeProcessOptions['start']): void {
    this.#begun = true;
    this.sendLater(...start());
  }

  async #sendLater(): Promise<void> {
    this.#sendingLater = true;
    for (let make = this.#later.shift(); make; make = this.#later.shift()) {
      const message = make();
      if (message) this.#process.send(message);
      await this.#process.drained();
    }
    this.#sendingLater = false;
  }

  #serve(): void {
    const { sockets } = this.#process;
    if (!this.#begun || !sockets) return;
    this.#serving = true;
    this.#connections.begin(sockets);
  }

  #replace(): void {
    this.#end();
    this.#process.replace('unread messages');
  }

  #end(): void {
    this.#begun = false;
    this.#serving = false;
    this.#viewers = 0;
    this.#later = [];
    this.#connections.end();
  }
}
