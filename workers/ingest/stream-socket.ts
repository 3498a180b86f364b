import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import { readRetransmission } from '../../src/media/rtp/retransmission.ts';
import { parseRtp, type RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import type { ForwardedStream } from '../../src/sfu/rtp-forward.ts';
import type { Arrival } from './reorder-buffer.ts';

/** Bytes; the kernel may allow less. */
const receiveBuffer = 4 * 1024 * 1024;

export interface StreamSocketOptions {
  readonly stream: ForwardedStream;
  readonly clock: Clock;
  readonly onPacket: (arrival: Arrival) => void;
}

/**
 * The UDP port of a track. Packets of other streams, such as probes of a bandwidth, are passed over; so are reports: mediasoup's own say
 * less than those of the sender, which come another way.
 */
export class StreamSocket {
  readonly #options: StreamSocketOptions;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: receiveBuffer });
  #closing: Promise<void> | undefined;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    this.#socket.on('message', (message) => this.#receive(message));
  }

  /** @returns the port on 127.0.0.1. @throws when there is none left */
  async listen(): Promise<number> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closing;
  }

  #receive(message: Buffer): void {
    const { clock, onPacket } = this.#options;
    if (isRtcp(message)) return;
    const packet = this.#accept(parseRtp(message));
    if (packet) onPacket({ packet, at: clock.now() });
  }

  /** The packet if it is of the stream, or repeats one of the stream. */
  #accept(packet: RtpPacket | undefined): RtpPacket | undefined {
    const { stream } = this.#options;
    if (packet?.ssrc === stream.ssrc && packet.payloadType === stream.payloadType) return packet;
    const repeats = packet && packet.ssrc === stream.rtxSsrc && packet.payloadType === stream.rtxPayloadType;
    return repeats ? readRetransmission(packet, stream) : undefined;
  }
}

/** RFC 5761 section 4. */
function isRtcp(message: Buffer): boolean {
  const type = message[1] ?? 0;
  return type >= 192 && type <= 223;
}
