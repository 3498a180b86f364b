import type { RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';
import { writeReceiverReport } from '../../media/rtp/rtcp.ts';
import { type MediaTransport, type PacketListener, parseTransport } from './media-transport.ts';
import { closePortPair, openPortPair, type PortPair, type PortWish } from './port-pair.ts';
import { RtspError } from './rtsp-error.ts';

/** Transport of packets over a pair of UDP ports. */
export class UdpTransport implements MediaTransport {
  readonly header: string;
  readonly #sockets: PortPair;
  readonly #remote: string;
  readonly #ssrc: number;
  #source: string | undefined;
  #serverPorts: readonly [number, number] | undefined;
  #closing: Promise<void> | undefined;

  private constructor(sockets: PortPair, remote: string, ssrc: number, listener: PacketListener) {
    this.#sockets = sockets;
    this.#remote = remote;
    this.#ssrc = ssrc;
    this.header = `RTP/AVP;unicast;client_port=${sockets.rtp.address().port}-${sockets.rtcp.address().port}`;
    sockets.rtp.on('message', (data, from) => {
      if (!this.#comesFromSource(from)) return;
      // some servers do not name their ports
      this.#serverPorts ??= [from.port, from.port + 1];
      listener.rtp(data);
    });
    sockets.rtcp.on('message', (data, from) => this.#comesFromSource(from) && listener.rtcp(data));
  }

  /**
   * @param remote address of the RTSP server
   * @param ssrc of our reports
   * @throws RtspError port_in_use
   */
  static async open(wish: PortWish, remote: string, ssrc: number, listener: PacketListener): Promise<UdpTransport> {
    const sockets = await openPortPair(isIP(remote) === 6 ? 'udp6' : 'udp4', wish);
    return new UdpTransport(sockets, remote, ssrc, listener);
  }

  accept(header: string | undefined): void {
    const { tcp, serverPort, source } = parseTransport(header ?? '');
    if (tcp || header === undefined) throw new RtspError('unsupported_transport');
    this.#serverPorts = serverPort;
    this.#source = source;
  }

  sendRtcp(data: Buffer): void {
    this.#send('rtcp', data);
  }

  /** Sends to the RTSP server, whatever `source` its response names: the user chose only the server. */
  pierce(): void {
    this.#send('rtp', Buffer.alloc(0));
    this.#send('rtcp', writeReceiverReport(this.#ssrc));
  }

  close(): Promise<void> {
    this.#closing ??= closePortPair(this.#sockets);
    return this.#closing;
  }

  #send(which: 'rtp' | 'rtcp', data: Buffer): void {
    const port = this.#serverPorts?.[which === 'rtp' ? 0 : 1];
    if (port === undefined || this.#closing) return;
    this.#sockets[which].send(data, port, this.#remote, () => undefined);
  }

  #comesFromSource({ address }: RemoteInfo): boolean {
    return address === this.#remote || address === this.#source;
  }
}
