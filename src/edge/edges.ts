import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import type { HlsContent } from '../component/hls/hls-content.ts';
import type { CopiedStream, StreamUpdate } from '../component/hls/stream-update.ts';
import type { Logger } from '../log/logger.ts';
import { frameMessage } from '../process/message-framing.ts';
import type { EdgeCounts, EdgeSettings, ToEdge } from './edge-message.ts';
import { EdgeProcess } from './edge-process.ts';
import { ForwardedConnections } from './forwarded-connections.ts';
import { interceptHandshakes } from './handshakes.ts';
import { requestedStream } from './stream-request.ts';

export interface EdgesOptions {
  /** Number of processes. 0: viewers are served by the server. */
  readonly count: number;
  readonly settings: Omit<EdgeSettings, 'serverPath'>;
  /** Maximum memory of each in bytes; 0: no limit. */
  readonly maxMemory: number;
  readonly onTraffic: (counts: EdgeCounts) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Largest stream, in bytes, that is copied; the server serves viewers of others. That is a minute at 4 Mbit/s. */
const maxCopy = 32 * 1024 * 1024;

interface Watched {
  readonly id: number;
  readonly roomId: string;
  readonly stream: CopiedStream;
  readonly close: () => void;
}

/**
 * Processes that serve the viewers of HLS, so that a crowd of them does not delay anybody else. The server accepts all connections, and
 * passes those on that are about to ask for a stream. A request that an edge cannot serve comes back on a local socket. Edges start when a
 * stream is watched for the first time; while none serves, the server does.
 */
export class Edges {
  readonly #options: EdgesOptions;
  readonly #watched = new Map<string, Watched>();
  #processes: EdgeProcess[] = [];
  #forwarded: ForwardedConnections | undefined;
  #onForwarded: ((socket: Socket) => void) | undefined;
  #starting: Promise<void> | undefined;
  #streams = 0;
  #closed = false;

  constructor(options: EdgesOptions) {
    this.#options = options;
  }

  /** Edges that serve viewers now. */
  get serving(): number {
    return this.#processes.filter(({ serving }) => serving).length;
  }

  /** Edges that were lost and replaced. */
  get restarts(): number {
    return this.#processes.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Connections that edges have. */
  get viewers(): number {
    return this.#processes.reduce((sum, { viewers }) => sum + viewers, 0);
  }

  /** Process ids, for tests that kill them. */
  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid }) => pid ?? []);
  }

  /** To be called once, before the server listens. @param server whose connections edges get, and which gets those that edges forward */
  attach(server: EventEmitter): void {
    if (!this.#options.settings.tls) {
      this.#onForwarded = (socket) => server.emit('connection', socket);
      return;
    }
    // As after the handshake of a client that speaks HTTP/1.1.
    const decrypted = { alpnProtocol: false, encrypted: true, server };
    this.#onForwarded = (socket) => server.emit('secureConnection', Object.assign(socket, decrypted));
    const isOpen = () => this.#watched.size > 0 && this.#leastLoaded() !== undefined;
    interceptHandshakes(server, isOpen, (...connection) => this.#pass(...connection));
  }

  /** To be called when the server replies to a viewer of a stream: edges have copies from then on. */
  watch(roomId: string, { copied }: HlsContent): void {
    if (this.#options.count === 0 || this.#closed || !copied) return;
    const known = this.#watched.get(roomId);
    if (known?.stream === copied) return;
    known?.close();
    this.#follow(roomId, copied);
    this.#starting ??= this.#start();
  }

  /** A connection that is about to send a request: see limitPipelining. @returns whether an edge gets it */
  readonly take = (socket: Socket, bytes: Buffer, giveBack: () => void): boolean => {
    if (this.#watched.size === 0 || 'encrypted' in socket || this.#forwarded?.has(socket)) return false;
    const roomId = requestedStream(bytes);
    if (roomId === undefined || !this.#watched.has(roomId)) return false;
    return this.#pass(socket, bytes, giveBack);
  };

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { close } of this.#watched.values()) close();
    await this.#starting;
    await Promise.all(this.#processes.map((edge) => edge.close()));
    await this.#forwarded?.close();
  }

  async #start(): Promise<void> {
    const { count, logger } = this.#options;
    try {
      const forwarded = await ForwardedConnections.listen((socket) => this.#onForwarded?.(socket));
      this.#forwarded = forwarded;
      if (this.#closed) return;
      logger.info({ count }, 'Processes that serve HLS viewers start.');
      this.#processes = Array.from({ length: count }, () => this.#startProcess(forwarded.path));
    } catch (err) {
      logger.error({ err }, 'HLS viewers are served by the server itself, because it has no local socket.');
    }
  }

  #startProcess(serverPath: string): EdgeProcess {
    const { maxMemory, logger, clock, settings, onTraffic } = this.#options;
    const start = () => [
      () => ({ type: 'start', settings: { ...settings, serverPath } }) as const,
      ...Array.from(this.#watched.values(), (watched) => () => this.#copy(watched)),
      () => ({ type: 'serve' }) as const,
    ];
    return new EdgeProcess({ maxMemory, logger, clock, start, onCounts: onTraffic });
  }

  #follow(roomId: string, stream: CopiedStream): void {
    const id = this.#streams;
    this.#streams += 1;
    const onUpdate = (update: StreamUpdate) => this.#send({ type: 'update', id, update });
    const withdraw = () => {
      if (this.#watched.get(roomId)?.id === id) this.#watched.delete(roomId);
      this.#send({ type: 'withdraw', id, roomId });
    };
    const close = () => {
      withdraw();
      stream.observer.off('update', onUpdate);
      stream.observer.off('withdrawn', withdraw);
      stream.observer.off('closed', close);
      this.#send({ type: 'remove', id });
    };
    stream.observer.on('update', onUpdate);
    stream.observer.on('withdrawn', withdraw);
    stream.observer.once('closed', close);
    const watched = { id, roomId, stream, close };
    this.#watched.set(roomId, watched);
    for (const edge of this.#processes) edge.sendLater(() => this.#copy(watched));
  }

  /** @returns undefined when edges are not to have it: it has been withdrawn, or is so large that sending it would delay others */
  #copy({ id, roomId, stream }: Watched): ToEdge | undefined {
    if (this.#watched.get(roomId)?.id !== id) return undefined;
    const update = stream.snapshot();
    const size = update.changes.reduce((sum, change) => sum + ('bytes' in change ? change.bytes.length : 0), 0);
    return size > maxCopy ? undefined : { type: 'copy', id, roomId, update };
  }

  #send(message: ToEdge): void {
    if (this.#processes.length === 0) return;
    const frame = frameMessage(message);
    for (const edge of this.#processes) edge.send(frame);
  }

  #pass(socket: Socket, bytes: Buffer, giveBack: () => void): boolean {
    const edge = this.#leastLoaded();
    edge?.pass(socket, bytes, giveBack);
    return edge !== undefined;
  }

  #leastLoaded(): EdgeProcess | undefined {
    const open = this.#processes.filter((edge) => edge.open);
    return open.reduce<EdgeProcess | undefined>(
      (best, edge) => (best && best.viewers <= edge.viewers ? best : edge),
      undefined,
    );
  }
}
