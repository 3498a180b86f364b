import { EventEmitter } from 'node:events';
import { maxMessageBytes, parseDatagram } from '../message/parse-message.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { formatHost } from '../message/sip-uri.ts';
import { writeMessage } from '../message/write-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from './hop.ts';
import { type ListeningPort, openListeningPort } from './listening-port.ts';
import { receivedRequest, responsePort } from './received-request.ts';
import type { SipTransport, SipTransportEvents } from './sip-transport.ts';
import { StreamConnections, type StreamConnectionsOptions } from './stream-connections.ts';

export interface SipSocketsOptions extends StreamConnectionsOptions {
  /** Address to listen on; `0.0.0.0` or `::` for all. */
  readonly listenIp: string;
  /** 0: any free one. */
  readonly port: number;
  /** Address for Via and Contact. */
  readonly advertisedIp: string;
}

/** Our SIP port for UDP and TCP, and the connections that we opened. */
export class SipSockets implements SipTransport {
  readonly observer = new EventEmitter<SipTransportEvents>();
  /** Of UDP and TCP. */
  readonly port: number;
  readonly #listening: ListeningPort;
  readonly #streams: StreamConnections;
  readonly #options: SipSocketsOptions;
  #malformed = 0;
  #closing: Promise<void> | undefined;

  private constructor(listening: ListeningPort, options: SipSocketsOptions) {
    this.#listening = listening;
    this.#options = options;
    this.port = listening.udp.port;
    // each registration has one
    this.observer.setMaxListeners(0);
    this.#streams = new StreamConnections(options);
    listening.udp.observer.on('datagram', (data, source) => this.#onDatagram(data, source));
    listening.tcp.on('connection', (socket) => this.#streams.accept(socket));
    // such as too many open files: the connection is lost, the port stays open
    listening.tcp.on('error', () => undefined);
    this.#streams.observer.on('message', (message, from) => {
      this.observer.emit('message', message.type === 'request' ? receivedRequest(message, from) : message, from);
    });
    this.#streams.observer.on('malformed', () => (this.#malformed += 1));
    this.#streams.observer.on('disconnected', (hop) => this.observer.emit('disconnected', hop));
  }

  /** @throws Error of the system when the port cannot be opened */
  static async open(options: SipSocketsOptions): Promise<SipSockets> {
    return new SipSockets(await openListeningPort(options.listenIp, options.port), options);
  }

  /** Number of messages that were dropped because they are none. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Number of open TCP and TLS connections. */
  get connections(): number {
    return this.#streams.size;
  }

  /** The same for all protocols: who answers over TLS uses the connection that we opened. */
  sentBy(): string {
    return formatHost(this.#options.advertisedIp, this.port);
  }

  /**
   * Sends a message. A response over TCP or TLS needs the connection that its request came over.
   * A datagram may be longer than 1300 bytes: RFC 3261 section 18.1.1 wants TCP then, but many registrars have none, and networks fragment.
   */
  async send(message: SipMessage, to: Hop): Promise<void> {
    if (this.#closing) throw new SipError('closed');
    const request = message.type === 'request';
    // responses go back to where the request came from
    if (request && !this.#options.guard.permits(to.address)) throw new SipError('refused_address');
    const data = writeMessage(message);
    if (data.length > maxMessageBytes) throw new SipError('bad_message');
    if (to.protocol === 'udp') await this.#listening.udp.send(data, to.address, to.port);
    else await this.#streams.send(data, to, request);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { udp, tcp } = this.#listening;
    const stopped = new Promise((resolve) => tcp.close(resolve));
    await Promise.all([udp.close(), this.#streams.close()]);
    await stopped;
  }

  #onDatagram(data: Buffer, source: { readonly address: string; readonly port: number }): void {
    const message = this.#parsed(data);
    if (message?.type === 'request') {
      const port = responsePort(message, source.port);
      this.observer.emit('message', receivedRequest(message, source), { ...source, protocol: 'udp', port });
    } else if (message) {
      this.observer.emit('message', message, { ...source, protocol: 'udp' });
    }
  }

  #parsed(data: Buffer): SipMessage | undefined {
    try {
      return parseDatagram(data);
    } catch {
      this.#malformed += 1;
      return undefined;
    }
  }
}
