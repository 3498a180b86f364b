import { type MediaTransport, type PacketListener, parseTransport } from './media-transport.ts';
import type { RtspConnection } from './rtsp-connection.ts';
import { RtspError } from './rtsp-error.ts';

/** Transport of packets that are interleaved with the RTSP messages. */
export class TcpTransport implements MediaTransport {
  readonly header: string;
  readonly #connection: RtspConnection;
  #channels: readonly [number, number];
  readonly #listen: (channel: number, data: Buffer) => void;

  /** @param index of the track, from 0 */
  constructor(connection: RtspConnection, index: number, listener: PacketListener) {
    this.#connection = connection;
    this.#channels = [index * 2, index * 2 + 1];
    this.header = `RTP/AVP/TCP;unicast;interleaved=${this.#channels.join('-')}`;
    this.#listen = (channel, data) => {
      if (channel === this.#channels[0]) listener.rtp(data);
      else if (channel === this.#channels[1]) listener.rtcp(data);
    };
    connection.observer.on('packet', this.#listen);
  }

  accept(header: string | undefined): void {
    const { tcp, interleaved } = parseTransport(header ?? this.header);
    if (!tcp) throw new RtspError('unsupported_transport');
    if (interleaved) this.#channels = interleaved;
  }

  sendRtcp(data: Buffer): void {
    this.#connection.sendPacket(this.#channels[1], data);
  }

  pierce(): void {}

  async close(): Promise<void> {
    this.#connection.observer.off('packet', this.#listen);
  }
}
