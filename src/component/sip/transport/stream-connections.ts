import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../../clock/clock.ts';
import { Interval } from '../../../clock/interval.ts';
import type { AddressGuard } from '../../../net/address-guard.ts';
import { openConnection } from '../../../net/open-connection.ts';
import { OutboundError } from '../../../net/outbound-error.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { SipError, type SipErrorCode } from '../sip-error.ts';
import type { Hop } from './hop.ts';
import { StreamConnection } from './stream-connection.ts';
import { plainAddress } from './udp-socket.ts';

export interface StreamConnectionsOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Whether certificates must be valid. */
  readonly verifyTls: boolean;
  /** In PEM form. @defaultValue those that Node.js knows */
  readonly certificateAuthority?: string | Buffer;
  /** Number of connections that we open; for one more, that which was not used for longest is closed. @defaultValue 500 */
  readonly maxOutgoing?: number;
}

export interface StreamConnectionsEvents {
  message: [message: SipMessage, from: Hop];
  malformed: [];
  /** A connection is closed, whoever opened and closed it. */
  disconnected: [hop: Hop];
}

/** In ms, for each hop: the next one is tried then. */
const connectTimeout = 5000;
const defaultMaxOutgoing = 500;
/** A connection that carried a message within this time is in use, in ms: a registration is refreshed within 45 s. */
const inUse = 60_000;
const maxIncoming = 64;
const maxIncomingPerAddress = 16;
/** Interval at which connections are checked, in ms. */
const checkInterval = 5000;

/** All TCP and TLS connections. Messages to a hop are sent over the latest one, whoever opened it. */
export class StreamConnections {
  readonly observer = new EventEmitter<StreamConnectionsEvents>();
  readonly #options: StreamConnectionsOptions;
  readonly #all = new Set<StreamConnection>();
  /** The latest one of each hop. */
  readonly #latest = new Map<string, StreamConnection>();
  readonly #opening = new Map<string, Promise<StreamConnection>>();
  readonly #abort = new AbortController();
  readonly #checks: Interval;
  #closing: Promise<void> | undefined;

  constructor(options: StreamConnectionsOptions) {
    this.#options = options;
    this.#checks = new Interval(options.clock, checkInterval, () => {
      for (const connection of this.#all) connection.check();
    });
  }

  /** Number of open connections. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Sends over the connection to this hop. @param opens whether one is opened when there is none
   * @throws SipError unreachable, refused_address, untrusted, closed
   */
  async send(data: Buffer, hop: Hop, opens: boolean): Promise<void> {
    const key = keyOf(hop);
    const connection = this.#latest.get(key) ?? (await (opens ? this.#connect(key, hop) : undefined));
    if (!connection) throw new SipError('unreachable');
    connection.send(data);
  }

  /** Takes a connection that was opened to us. When there are too many, one that is of less use than others is closed. */
  accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const { remoteAddress, remotePort } = socket;
    if (this.#closing || remoteAddress === undefined || remotePort === undefined) return void socket.destroy();
    const hop: Hop = { protocol: 'tcp', address: plainAddress(remoteAddress), port: remotePort };
    const incoming = [...this.#all].filter((each) => each.incoming);
    const ofAddress = incoming.filter(({ hop: { address } }) => address === hop.address);
    if (ofAddress.length >= maxIncomingPerAddress) void firstToClose(ofAddress)?.close();
    else if (incoming.length >= maxIncoming) void firstToClose(incoming)?.close();
    this.#add(keyOf(hop), new StreamConnection(socket, { hop, clock: this.#options.clock, incoming: true }));
  }

  /** Closes all of them. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    await this.#checks.close();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#all].map((connection) => connection.close()));
  }

  #connect(key: string, hop: Hop): Promise<StreamConnection> {
    const opening = this.#opening.get(key) ?? this.#openTo(key, hop).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #openTo(key: string, hop: Hop): Promise<StreamConnection> {
    if (this.#closing) throw new SipError('closed');
    this.#makeRoom();
    const { guard, clock, verifyTls: verify, certificateAuthority: authority } = this.#options;
    const { protocol, address: host, port, serverName } = hop;
    const tls = {
      verify,
      ...(serverName !== undefined && { serverName }),
      ...(authority !== undefined && { authority }),
    };
    const target = { host, port, ...(protocol === 'tls' && { tls }) };
    try {
      const options = { guard, clock, timeout: connectTimeout, signal: this.#abort.signal };
      const socket = await openConnection(target, options);
      return this.#add(key, new StreamConnection(socket, { hop, clock, incoming: false }));
    } catch (error) {
      throw connectionError(error);
    }
  }

  /** @throws SipError unreachable when all connections that we opened are in use */
  #makeRoom(): void {
    const { clock, maxOutgoing = defaultMaxOutgoing } = this.#options;
    const outgoing = [...this.#all].filter(({ incoming }) => !incoming);
    if (outgoing.length + this.#opening.size < maxOutgoing) return;
    const unused = outgoing.filter(({ lastMessage }) => clock.monotonic() - lastMessage > inUse);
    if (unused.length === 0) throw new SipError('unreachable', 'There are too many connections');
    void firstToClose(unused)?.close();
  }

  #add(key: string, connection: StreamConnection): StreamConnection {
    this.#all.add(connection);
    this.#latest.set(key, connection);
    const { observer, hop } = connection;
    observer.on('message', (message) => this.observer.emit('message', message, hop));
    observer.on('malformed', () => this.observer.emit('malformed'));
    observer.once('closed', () => {
      this.#all.delete(connection);
      if (this.#latest.get(key) === connection) this.#latest.delete(key);
      this.observer.emit('disconnected', hop);
    });
    return connection;
  }
}

/** Those that never carried a message, then the one that was silent for longest. */
function firstToClose(connections: readonly StreamConnection[]): StreamConnection | undefined {
  const silent = connections.filter(({ heard }) => !heard);
  const candidates = silent.length > 0 ? silent : connections;
  return candidates.toSorted((one, other) => one.lastMessage - other.lastMessage)[0];
}

function keyOf({ protocol, address, port, serverName = '' }: Hop): string {
  return [protocol, address, port, serverName].join(' ');
}

const codes: Readonly<Record<string, SipErrorCode>> = {
  refusedAddress: 'refused_address',
  untrusted: 'untrusted',
  aborted: 'closed',
};

function connectionError(error: unknown): unknown {
  if (!(error instanceof OutboundError)) return error;
  return new SipError(codes[error.code] ?? 'unreachable', error.message);
}
