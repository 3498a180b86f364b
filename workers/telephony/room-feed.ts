import type { Socket } from 'node:dgram';
import type { FeedAddress } from '../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../src/component/sip/sip-error.ts';
import type { PacketTarget } from '../../src/media/rtp/outgoing-stream.ts';
import { writeSenderReport, writeSourceDescription } from '../../src/media/rtp/rtcp.ts';
import { type OutgoingPacket, serializeRtp } from '../../src/media/rtp/rtp-packet.ts';
import { bindUdpPort, closeUdpPort } from '../../src/net/udp-port.ts';

const host = '127.0.0.1';

/** Sends Opus to a feed of a room, by UDP. */
export class RoomFeed implements PacketTarget {
  readonly clockRate = 48_000;
  readonly #socket: Socket;
  readonly #feed: FeedAddress;
  readonly #cname: string;
  #packets = 0;
  #octets = 0;
  #closing: Promise<void> | undefined;

  private constructor(socket: Socket, feed: FeedAddress, cname: string) {
    this.#socket = socket;
    this.#feed = feed;
    this.#cname = cname;
  }

  /** @param from our port; 0: any @throws SipError no_port when it is not free */
  static async open(feed: FeedAddress, cname: string, from = 0): Promise<RoomFeed> {
    const socket = await bindUdpPort({ family: 'udp4', address: host, port: from });
    if (!socket) throw new SipError('no_port', 'The UDP port to the room is in use');
    return new RoomFeed(socket, feed, cname);
  }

  /** Our port on 127.0.0.1. */
  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: OutgoingPacket): void {
    this.#packets += 1;
    this.#octets += packet.payload.length;
    this.#out(serializeRtp({ ...packet, ssrc: this.#feed.ssrc, payloadType: this.#feed.payloadType }));
  }

  report(ntpTime: bigint, rtpTimestamp: number): void {
    const { ssrc } = this.#feed;
    const counts = { packetCount: this.#packets >>> 0, octetCount: this.#octets >>> 0 };
    const report = writeSenderReport({ ssrc, ntpTime, rtpTimestamp, ...counts });
    this.#out(Buffer.concat([report, writeSourceDescription(ssrc, this.#cname)]));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= closeUdpPort(this.#socket);
    return this.#closing;
  }

  #out(bytes: Buffer): void {
    if (!this.#closing) this.#socket.send(bytes, this.#feed.port, host);
  }
}
