import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AddressGuard } from '../../net/address-guard.ts';
import { OutputError } from '../program-output.ts';
import { type AmfValue, decodeAmf0, encodeAmf0 } from './amf0.ts';
import { ChunkReader, messageType, type RtmpMessage, writeChunks } from './rtmp-message.ts';
import type { RtmpTarget } from './rtmp-target.ts';

/** A decoded command of the server. */
export interface RtmpCommand {
  readonly name: string;
  readonly transaction: number;
  readonly values: readonly AmfValue[];
}

const chunkSize = 4096;
const handshakeLength = 1536;
/** Maximum number of unsent bytes with which the server's messages are still responded to: it may send and not read. */
const maxUnsentBytes = 1024 * 1024;
const version = 3;

/** The client side of an RTMP connection: handshake, chunks, acknowledgements. RTMP 1.0, sections 5 and 7. */
export class RtmpConnection {
  /** `closed`: emitted once, whichever side closed it. */
  readonly observer = new EventEmitter<{ command: [RtmpCommand]; closed: [] }>();
  /** Whether the handshake is complete, so that the other side is an RTMP server. */
  ready = false;
  closed = false;
  /** Error of the socket. */
  error: Error | undefined;
  readonly #socket: Socket;
  readonly #reader = new ChunkReader((message) => this.#take(message));
  #handshake: Buffer = Buffer.alloc(0);
  #window = 0;
  #acknowledged = 0;

  /** Connects. @throws OutputError refused when the address is not permitted */
  constructor(target: Pick<RtmpTarget, 'tls' | 'host' | 'port'>, guard: AddressGuard) {
    const { tls, host, port } = target;
    if (!guard.permitsHost(host)) throw new OutputError('refused', 'The RTMP server must not be reached');
    const options = { host, port, lookup: guard.lookup, noDelay: true };
    this.#socket = tls ? connectTls({ ...options, ...(!isIP(host) && { servername: host }) }) : connect(options);
    const greeting = Buffer.concat([Buffer.of(version), Buffer.alloc(8), randomBytes(handshakeLength - 8)]);
    this.#socket.once(tls ? 'secureConnect' : 'connect', () => this.#socket.write(greeting));
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => {
      this.error = error;
    });
    this.#socket.once('close', () => this.#close());
  }

  /** Number of unsent bytes. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  command(streamId: number, ...values: readonly AmfValue[]): void {
    this.send(3, { type: messageType.command, streamId, timestamp: 0, payload: encodeAmf0(...values) });
  }

  /** @param chunkStream 2 to 63 */
  send(chunkStream: number, message: RtmpMessage): void {
    if (!this.closed) this.#socket.write(writeChunks(message, chunkStream, chunkSize));
  }

  /** Closes the connection after everything has been sent. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #close(): void {
    this.closed = true;
    this.observer.emit('closed');
  }

  #receive(bytes: Buffer): void {
    try {
      if (this.ready) this.#reader.push(bytes);
      else this.#greet(bytes);
      this.#acknowledge();
    } catch {
      // The other side does not speak RTMP.
      this.#socket.destroy();
    }
  }

  /** RTMP 1.0 section 5.2: our hello, the server's with an echo of ours, then an echo of the server's. */
  #greet(bytes: Buffer): void {
    this.#handshake = Buffer.concat([this.#handshake, bytes]);
    const length = 1 + 2 * handshakeLength;
    if (this.#handshake[0] !== version) throw new RangeError('The server uses another version of RTMP.');
    if (this.#handshake.length < length) return;
    this.#socket.write(this.#handshake.subarray(1, 1 + handshakeLength));
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(chunkSize);
    this.#socket.write(writeChunks({ type: messageType.setChunkSize, streamId: 0, timestamp: 0, payload }, 2, 128));
    this.ready = true;
    this.observer.emit('command', { name: 'ready', transaction: 0, values: [] });
    const rest = this.#handshake.subarray(length);
    this.#handshake = Buffer.alloc(0);
    if (rest.length > 0) this.#reader.push(rest);
  }

  #take({ type, payload }: RtmpMessage): void {
    if (type === messageType.windowSize) this.#window = payload.readUInt32BE();
    else if (type === messageType.userControl) this.#control(payload);
    else if (type === messageType.command) this.#command(payload);
  }

  #command(payload: Buffer): void {
    const [name, transaction, ...values] = decodeAmf0(payload);
    if (typeof name !== 'string' || typeof transaction !== 'number') return;
    this.observer.emit('command', { name, transaction, values });
  }

  /** Responds to pings: RTMP 1.0 section 7.1.7. */
  #control(payload: Buffer): void {
    if (payload.readUInt16BE() !== 6) return;
    const response = Buffer.from(payload.subarray(0, 6));
    response.writeUInt16BE(7);
    this.#respond(messageType.userControl, response);
  }

  /** RTMP 1.0 section 5.4.3. */
  #acknowledge(): void {
    const { bytesRead } = this.#socket;
    if (this.#window === 0 || bytesRead - this.#acknowledged < this.#window) return;
    this.#acknowledged = bytesRead;
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytesRead % 2 ** 32);
    this.#respond(messageType.acknowledgement, payload);
  }

  #respond(type: number, payload: Buffer): void {
    if (this.waiting <= maxUnsentBytes) this.send(2, { type, streamId: 0, timestamp: 0, payload });
  }
}
