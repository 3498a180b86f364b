import type { Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import type { SocketChannel } from '../process/child.ts';

interface PassedConnection {
  readonly socket: Socket;
  /** What was read from it. */
  readonly bytes: Buffer;
  readonly giveBack: () => void;
}

/** Connections that may wait for an edge at a time. */
const maxWaiting = 5000;
/**
 * How long an edge may take to say that it has a connection, in ms, before the others are given back, and how much longer before it is
 * replaced: the connection may have been lost on the way.
 */
const takeTimeout = 1000;
const stuckTimeout = 15_000;

/** The connections on their way to one edge. One is passed at a time: Node would read from the others meanwhile, and lose the bytes. */
export class PassedConnections {
  readonly #clock: Clock;
  readonly #onStuck: () => void;
  #channel: SocketChannel | undefined;
  #waiting: PassedConnection[] = [];
  #cancelTimeout: (() => void) | undefined;
  #passing: Socket | undefined;
  #late = false;

  /** @param onStuck called when the edge does not take connections any more */
  constructor(clock: Clock, onStuck: () => void) {
    this.#clock = clock;
    this.#onStuck = onStuck;
  }

  /** Whether further ones are taken. */
  get open(): boolean {
    return this.#channel !== undefined && !this.#late && this.#waiting.length < maxWaiting;
  }

  /** To be called when the edge serves. */
  begin(channel: SocketChannel): void {
    this.#channel = channel;
    channel.on('message', () => {
      if (this.#channel === channel) this.#settle();
    });
  }

  /** To be called when the edge is gone. */
  end(): void {
    this.#channel = undefined;
    this.#settle();
  }

  /** @param giveBack called when the edge does not take it */
  pass(socket: Socket, bytes: Buffer, giveBack: () => void): void {
    this.#waiting.push({ socket, bytes, giveBack });
    this.#next();
  }

  #settle(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    // The edge has it, or has died and may have had it.
    this.#passing?.destroy();
    this.#passing = undefined;
    this.#late = false;
    if (this.#channel) this.#next();
    else this.#giveBack();
  }

  #next(): void {
    while (!this.#passing && this.#channel) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (!next.socket.destroyed) this.#send(next, this.#channel);
    }
  }

  #send({ socket, bytes }: PassedConnection, channel: SocketChannel): void {
    // From now on the edge reads. What has arrived already goes with the rest.
    socket.removeAllListeners('data');
    stopReading(socket);
    const more: Buffer | null = socket.read();
    const all = more ? Buffer.concat([bytes, more]) : bytes;
    // Without it Node takes the connection for one of a cluster's server, whose end waits for that of the connection.
    Object.assign(socket, { server: undefined });
    // The listener of HTTP would look for that server when the client resets the connection on the way.
    socket.removeAllListeners('error').on('error', () => undefined);
    this.#passing = socket;
    this.#cancelTimeout = this.#clock.schedule(takeTimeout, () => this.#delay());
    // When that fails, the edge has ended. Node would lose a connection then that is not kept open here.
    channel.send(all.toString('latin1'), socket, { keepOpen: true }, () => undefined);
  }

  #delay(): void {
    this.#late = true;
    this.#cancelTimeout = this.#clock.schedule(stuckTimeout, this.#onStuck);
    this.#giveBack();
  }

  #giveBack(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { socket, giveBack } of waiting) if (!socket.destroyed) giveBack();
  }
}

/** Node has no other way: a paused connection is read until its buffer is full. */
function stopReading(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { _handle?: { reading: boolean; readStop(): void } | null };
  if (!handle) return;
  handle.reading = false;
  handle.readStop();
}
