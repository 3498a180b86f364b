import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { Test } from 'tap';

/** A UDP socket on 127.0.0.1 that remembers what it receives. */
export class PacketSocket {
  readonly packets: Buffer[] = [];
  readonly port: number;
  readonly #socket: Socket;
  readonly #events = new EventEmitter<{ packet: [] }>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (packet) => {
      this.packets.push(packet);
      this.#events.emit('packet');
    });
  }

  /** Closed at the end of the test. @param port 0: any */
  static async open(t: Pick<Test, 'teardown'>, port = 0): Promise<PacketSocket> {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return new PacketSocket(socket);
  }

  /** Resolves when it has left this process. */
  async send(packet: Buffer, port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.send(packet, port, '127.0.0.1', () => resolve()));
  }

  /** Waits until there are so many packets in all. */
  async whenReceived(count: number): Promise<void> {
    while (this.packets.length < count) await once(this.#events, 'packet');
  }

  /** Waits for one that is so. */
  async when(isSo: (packet: Buffer) => boolean): Promise<Buffer> {
    for (;;) {
      const found = this.packets.find(isSo);
      if (found) return found;
      await once(this.#events, 'packet');
    }
  }
}
