import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { isIPv4, isIPv6 } from 'node:net';
import { SipError } from '../sip-error.ts';

export interface UdpSocketEvents {
  datagram: [data: Buffer, source: { readonly address: string; readonly port: number }];
}

/** A UDP socket for datagrams to and from many peers. On `::` it has those with IPv4 addresses, too. */
export class UdpSocket {
  readonly observer = new EventEmitter<UdpSocketEvents>();
  readonly port: number;
  readonly #socket: Socket;
  readonly #mapped: boolean;
  #closing: Promise<void> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#mapped = isIPv6(socket.address().address);
    // What the network says of an earlier datagram. Who waits for a response has a timer.
    socket.on('error', () => undefined);
    socket.on('message', (data, { address, port }) =>
      this.observer.emit('datagram', data, { address: plainAddress(address), port }),
    );
  }

  /** @param port 0: any free one @throws Error of the system when the port cannot be opened */
  static async open(ip: string, port: number): Promise<UdpSocket> {
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    try {
      await once(socket.bind(port, ip), 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    return new UdpSocket(socket);
  }

  /** Resolves when the system has taken the datagram. @param address IP literal @throws SipError unreachable, closed */
  send(data: Buffer, address: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new SipError('closed'));
      // anybody can send from it, nobody can be reached there
      if (port === 0) return reject(new SipError('unreachable'));
      const target = this.#mapped && isIPv4(address) ? `::ffff:${address}` : address;
      this.#socket.send(data, port, target, (error) => {
        if (error) reject(new SipError('unreachable', error.message));
        else resolve();
      });
    });
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve()));
    return this.#closing;
  }
}

/** An IPv4 address as such, even if a socket for IPv6 received it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
