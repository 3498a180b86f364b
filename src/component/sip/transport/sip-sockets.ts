import { EventEmitter } from 'node:events';
import type { AddressGuard } from '../../../net/address-guard.ts';
import { maxMessageBytes, parseDatagram } from '../message/parse-message.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { formatHost } from '../message/sip-uri.ts';
import { writeMessage } from '../message/write-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop, SipProtocol } from './hop.ts';
import { receivedRequest, responsePort } from './received-request.ts';
import type { SipTransport, SipTransportEvents } from './sip-transport.ts';
import { UdpSocket } from './udp-socket.ts';

export interface SipSocketsOptions {
  /** Address to listen on; `0.0.0.0` or `::` for all. */
  readonly listenIp: string;
  /** 0: any free one. */
  readonly port: number;
  /** Address for Via and Contact. */
  readonly advertisedIp: string;
  /** Decides where requests may go. */
  readonly guard: AddressGuard;
}

/** Our SIP port, and the connections that we opened. */
export class SipSockets implements SipTransport {
  readonly observer = new EventEmitter<SipTransportEvents>();
  /** Of UDP and TCP. */
  readonly port: number;
  readonly #udp: UdpSocket;
  readonly #guard: AddressGuard;
  readonly #advertisedIp: string;
  #malformed = 0;
  #closing: Promise<void> | undefined;

  private constructor(udp: UdpSocket, { guard, advertisedIp }: SipSocketsOptions) {
    this.#udp = udp;
    this.#guard = guard;
    this.#advertisedIp = advertisedIp;
    this.port = udp.port;
    udp.observer.on('datagram', (data, source) => this.#onDatagram(data, source));
  }

  /** @throws Error of the system when the port cannot be opened */
  static async open(options: SipSocketsOptions): Promise<SipSockets> {
    return new SipSockets(await UdpSocket.open(options.listenIp, options.port), options);
  }

  /** Number of messages that were dropped because they are none. */
  get malformed(): number {
    return this.#malformed;
  }

  sentBy(_protocol: SipProtocol): string {
    return formatHost(this.#advertisedIp, this.port);
  }

  /**
   * A datagram may be longer than 1300 bytes: RFC 3261 section 18.1.1 wants TCP then, but many registrars have none, and networks
   * fragment.
   */
  async send(message: SipMessage, to: Hop): Promise<void> {
    if (this.#closing) throw new SipError('closed');
    // Responses go back to where the request came from.
    if (message.type === 'request' && !this.#guard.permits(to.address)) throw new SipError('refused_address');
    const data = writeMessage(message);
    if (data.length > maxMessageBytes) throw new SipError('bad_message');
    if (to.protocol !== 'udp') throw new SipError('unreachable');
    await this.#udp.send(data, to.address, to.port);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#udp.close();
    return this.#closing;
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
