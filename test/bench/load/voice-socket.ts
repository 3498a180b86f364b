import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parseRtp, type RtpPacket, serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import type { Cleanup } from './cleanup.ts';

export interface VoiceStream {
  readonly ssrc: number;
  readonly payloadType: number;
  /** RTP ticks of a packet. */
  readonly duration: number;
}

/** A UDP socket on 127.0.0.1 that one stream of RTP goes out of and one comes into. */
export class VoiceSocket {
  readonly port: number;
  onPacket: (packet: RtpPacket) => void = () => undefined;
  readonly #socket: Socket;
  #sequence = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (bytes) => {
      const packet = parseRtp(bytes);
      // RTCP has the payload types 64 to 95 in this reading.
      if (packet && (packet.payloadType < 64 || packet.payloadType > 95)) this.onPacket(packet);
    });
  }

  static async open(cleanup: Cleanup): Promise<VoiceSocket> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    cleanup.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return new VoiceSocket(socket);
  }

  send({ ssrc, payloadType, duration }: VoiceStream, payload: Buffer, port: number): void {
    const sequenceNumber = this.#sequence & 0xffff;
    const timestamp = (this.#sequence * duration) >>> 0;
    this.#sequence += 1;
    const marker = sequenceNumber === 0;
    this.#socket.send(
      serializeRtp({ ssrc, payloadType, sequenceNumber, timestamp, marker, payload }),
      port,
      '127.0.0.1',
    );
  }
}
