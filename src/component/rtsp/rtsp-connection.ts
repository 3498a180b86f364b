import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock/clock.ts';
import type { AddressGuard } from '../../net/address-guard.ts';
import { openConnection } from '../../net/open-connection.ts';
import type { OutboundError } from '../../net/outbound-error.ts';
import { RtspError } from './rtsp-error.ts';
import { type RtspRequest, type RtspResponse, writeRequest } from './rtsp-message.ts';
import { RtspMessageReader } from './rtsp-message-reader.ts';
import type { SourceAddress } from './source-address.ts';

export interface RtspConnectionOptions {
  /** Decides which addresses sources may have. */
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Whether the certificate of an rtsps source must be valid. */
  readonly verifyTls: boolean;
}

/** Timeout of the connection and of each response, in ms. */
const timeoutMs = 5000;
/** Maximum number of unsent bytes; beyond it the connection fails. */
const maxUnsentBytes = 256 * 1024;

/** One TCP or TLS connection to an RTSP server: requests, responses and interleaved packets. */
export class RtspConnection {
  /** `closed`: emitted once, with the reason. */
  readonly observer = new EventEmitter<{ packet: [channel: number, data: Buffer]; closed: [RtspError] }>();
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #pending = new Map<number, (outcome: RtspResponse | RtspError) => void>();
  readonly #ended: Promise<void>;
  #sequence = 0;
  #failure: RtspError | undefined;

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#ended = socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
    const reader = new RtspMessageReader({
      response: (response) => this.#onResponse(response),
      request: (request) => this.#refuse(request),
      packet: (channel, data) => this.observer.emit('packet', channel, data),
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(reader, chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(new RtspError('closed', error.code)));
    socket.on('close', () => this.#fail(new RtspError('closed')));
  }

  /** Connects; `signal` aborts it. @throws RtspError connect_failed, refused_address, timeout */
  static async open(
    address: SourceAddress,
    options: RtspConnectionOptions,
    signal: AbortSignal,
  ): Promise<RtspConnection> {
    return new RtspConnection(await openSocket(address, options, signal), options.clock);
  }

  /** Address of the server. */
  get remoteAddress(): string {
    return (this.#socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  }

  get closed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Sends a request. Resolves with the response, whatever its status is. The connection stays open when there is none.
   * @throws RtspError timeout, closed, invalid_response
   */
  request(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspResponse> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#sequence += 1;
      const sequence = this.#sequence;
      const cancel = this.#clock.schedule(timeoutMs, () => settle(new RtspError('timeout')));
      const settle = (outcome: RtspResponse | RtspError) => {
        cancel();
        this.#pending.delete(sequence);
        if (outcome instanceof RtspError) reject(outcome);
        else resolve(outcome);
      };
      this.#pending.set(sequence, settle);
      this.#write(writeRequest(method, url, { CSeq: String(sequence), 'User-Agent': 'Shoal', ...headers }));
    });
  }

  sendPacket(channel: number, data: Buffer): void {
    const head = Buffer.from([0x24, channel, data.length >> 8, data.length & 0xff]);
    this.#write(Buffer.concat([head, data]));
  }

  /** Resolves when the socket is closed. Idempotent. */
  async close(): Promise<void> {
    this.#fail(new RtspError('closed'));
    await this.#ended;
  }

  #write(data: string | Buffer): void {
    if (this.#failure) return;
    this.#socket.write(data);
    if (this.#socket.writableLength > maxUnsentBytes) this.#fail(new RtspError('timeout'));
  }

  #read(reader: RtspMessageReader, chunk: Buffer): void {
    if (this.#failure) return;
    try {
      reader.push(chunk);
    } catch (error) {
      this.#fail(error instanceof RtspError ? error : new RtspError('invalid_response'));
    }
  }

  /** Servers respond in order; some leave out CSeq, or repeat that of an earlier request. */
  #onResponse(response: RtspResponse): void {
    const settle = this.#pending.get(response.headers.number('cseq') ?? 0) ?? this.#pending.values().next().value;
    settle?.(response);
  }

  #refuse({ headers }: RtspRequest): void {
    const sequence = headers.number('cseq');
    this.#write(`RTSP/1.0 501 Not Implemented\r\n${sequence === undefined ? '' : `CSeq: ${sequence}\r\n`}\r\n`);
  }

  #fail(failure: RtspError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#socket.destroy();
    for (const settle of [...this.#pending.values()]) settle(failure);
    this.observer.emit('closed', failure);
  }
}

async function openSocket(
  { host, port, secure }: SourceAddress,
  { guard, clock, verifyTls }: RtspConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const target = { host, port, ...(secure && { tls: { verify: verifyTls } }) };
  try {
    return await openConnection(target, { guard, clock, timeout: timeoutMs, signal });
  } catch (error) {
    throw connectError(error as OutboundError);
  }
}

function connectError({ code, reason }: OutboundError): RtspError {
  if (code === 'refusedAddress') return new RtspError('refused_address');
  if (code === 'connectTimeout') return new RtspError('timeout');
  return code === 'aborted' ? new RtspError('closed') : new RtspError('connect_failed', reason);
}
