import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';

/** A socket as the server sees it, without a network, as strict as a real one. */
export class SocketDouble extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly bufferedAmount = 0;

  get asSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  send(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('Not a frame');
  }

  close(code: number, reason = ''): void {
    if (!(code >= 1000 && code < 5000) || Buffer.byteLength(reason) > 123)
      throw new RangeError(`Close ${code} ${reason}`);
    this.terminate();
  }

  terminate(): void {
    if (this.readyState !== 1) return;
    this.readyState = 3;
    this.emit('close', 1000, Buffer.alloc(0));
  }

  ping(): void {}
  pause(): void {}
  resume(): void {}
}
